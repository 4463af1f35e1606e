"""Whether this machine multiplies bfloat16 numbers faster than float32."""

from __future__ import annotations

import torch


def fast_bfloat16(device: torch.device) -> bool:
    """True where the processor has bfloat16 instructions (AVX512-BF16 or AMX), or the GPU supports it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, name, bool)() for name in checks)

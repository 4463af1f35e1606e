"""How much memory computing takes when nobody says."""

import pytest
import torch

from phosphene import memory


@pytest.mark.parametrize(
    ("device", "free", "asked", "allowed"),
    [
        ("cpu", 10**9, None, 500_000_000),
        ("cpu", 10**11, None, 2_000_000_000),
        ("cuda", 10**11, None, 50_000_000_000),
        ("cpu", 10**9, 7 * 10**9, 7 * 10**9),
    ],
)
def test_half_of_what_is_free_or_what_is_asked(device, free, asked, allowed, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: free)
    assert memory.allowance(torch.device(device), asked) == allowed

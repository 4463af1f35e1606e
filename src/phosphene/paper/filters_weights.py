"""What the weights of a layer's filters tell without a picture: size, spatial frequencies, copies of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy.special import betainc  # type: ignore[import-untyped]
from torch import Tensor

from phosphene.arrays import Floats
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.paper.filters_calls import Call, watch

RADIUS = 0.1
"""The paper's fixed radius for a filter's RMS (section 3)."""
LOW, HIGH = 1 / 8, 1 / 4
"""Cycles a pixel below which, and above which, a spatial frequency is low, and high; 1/2 is the finest there is."""
ALIKE = 0.95
"""Cosine of two filters, up to sign, from which on they are duplicates."""
_SAME_SIZE = 0.05  # relative difference of norms up to which a duplicate is no scaled one
_GRID = 64  # frequencies along each axis at which a filter's spectrum is taken


def rms(weights: Tensor) -> Floats:
    """Return the root of the mean square of each filter (K, ...): (K,)."""
    found: Floats = weights.detach().flatten(1).double().square().mean(1).sqrt().cpu().numpy()
    return found


def clip(weights: Tensor, radius: float = RADIUS) -> Tensor:
    """Return filters (K, C, h, w), each one whose RMS exceeds ``radius`` brought back to it, the others as they are.

    The paper's words (section 3): "we renormalize each filter in the convolutional layers whose RMS value exceeds a
    fixed radius of 1e-1 to this fixed radius". There it was done after every step of training, with inputs of about
    -128 to 128; on a trained network it changes what is computed.
    """
    if not radius > 0:
        raise UsageError(f"a radius of {radius:g} leaves no filter; give one above 0, the paper's is {RADIUS:g}")
    size = weights.flatten(1).double().square().mean(1).sqrt()
    factor = (radius / size.clamp(min=radius)).to(weights.dtype)
    return weights * factor.reshape(-1, *[1] * (weights.ndim - 1))


def clipped(net: Network, radius: float = RADIUS) -> dict[str, Tensor]:
    """Return the weights of all convolutions after `clip`, by parameter name; the network stays as it is.

    The result fits ``torch.func.functional_call(model, clipped(net), x)`` and ``load_state_dict(..., strict=False)`` of
    a copy. Weights that are computed on the way (weight norm, spectral norm) are no parameters and are left out.
    """
    owners = {p.data_ptr(): (name, p) for name, p in net.model.named_parameters()}
    found: dict[str, Tensor] = {}

    def keep(call: Call) -> None:
        owner = None if call.weight is None else owners.get(call.weight.data_ptr())
        if owner is not None and call.weight is not None and owner[1].shape == call.weight.shape:
            found[owner[0]] = clip(owner[1].detach(), radius)

    watch(net, torch.zeros(1, *net.input_size), keep)
    return found


# -- spatial frequency -------------------------------------------------------------------------------------------


def bands(weights: Tensor) -> Floats:
    """Return the share of each filter's energy in low, middle and high spatial frequencies, (K, 3), rows sum to 1.

    The energy is |W(f)|^2, W the Fourier transform of the filter (set in zeros), summed over its input channels, on a
    grid of 64 x 64 frequencies. A frequency is low where sqrt(fy^2 + fx^2) < `LOW` cycles a pixel of the layer's
    input, high where it is > `HIGH`. NaN for filters of one pixel, which have no shape, and for filters of zeros.
    """
    if weights.shape[-2:] == (1, 1):
        return np.full((len(weights), 3), np.nan)
    power = _power(weights.detach().cpu().double())
    down, across = (torch.fft.fftfreq(n, dtype=torch.float64) for n in power.shape[1:])
    radius = torch.hypot(down[:, None], across)
    masks = torch.stack([radius < LOW, (radius >= LOW) & (radius <= HIGH), radius > HIGH])
    energy = torch.einsum("kyx,byx->kb", power, masks.double()).numpy()
    whole = energy.sum(1, keepdims=True)
    found: Floats = energy / np.where(whole > 0, whole, np.nan)
    return found


def _power(weights: Tensor) -> Tensor:
    """Return the power spectrum of each filter (K, C, h, w), channels summed: (K, 64, 64), or finer for larger ones.

    By way of the autocorrelation (Wiener, Khinchin): layers have many more channels than filters have pixels.
    """
    height, width = weights.shape[2:]
    lags = (2 * height - 1, 2 * width - 1)
    correlation = torch.fft.ifft2(torch.fft.fft2(weights, s=lags).abs().square().sum(1)).real
    grid = torch.zeros(len(weights), *(max(_GRID, n) for n in lags), dtype=weights.dtype)
    rows, columns = (torch.arange(1 - n, n) for n in (height, width))
    grid[:, rows[:, None], columns] = correlation[:, rows[:, None], columns]
    power: Tensor = torch.fft.fft2(grid).real.clamp(min=0)
    return power


# -- duplicates --------------------------------------------------------------------------------------------------

Kind = Literal["copy", "scaled", "negated", "negated and scaled"]


@dataclass(frozen=True)
class Duplicate:
    """Two filters of one layer that are the same up to a factor.

    Attributes:
        first, second: their indices.
        cosine: of their weights; negative where one is the other's negative.
        factor: the second's norm over the first's.
        kind: in one word; sizes within 5 % count as equal.
    """

    first: int
    second: int
    cosine: float
    factor: float
    kind: Kind


def duplicates(weights: Tensor, groups: int = 1) -> tuple[Duplicate, ...]:
    """Return the pairs of filters (K, C, h, w) with |cosine| of at least `ALIKE`, nearest first.

    Filters of different ``groups`` look at different channels and are never duplicates, nor are filters of zeros.
    """
    flat = weights.detach().cpu().double().flatten(1)
    norm = flat.norm(dim=1)
    each = len(flat) // groups
    found: list[Duplicate] = []
    for start in range(0, len(flat), each):
        part, size = flat[start : start + each], norm[start : start + each]
        unit = part / size.where(size > 0, torch.inf)[:, None]
        cosine = (unit @ unit.T).triu(1)
        for i, j in (cosine.abs() >= ALIKE).nonzero().tolist():
            found.append(_duplicate(start + i, start + j, float(cosine[i, j]), float(size[j] / size[i])))
    return tuple(sorted(found, key=lambda pair: -abs(pair.cosine)))


def _duplicate(first: int, second: int, cosine: float, factor: float) -> Duplicate:
    same = abs(factor - 1) <= _SAME_SIZE
    kind: Kind = ("copy" if same else "scaled") if cosine > 0 else ("negated" if same else "negated and scaled")
    return Duplicate(first, second, cosine, factor, kind)


def by_chance(weights: Tensor, groups: int = 1) -> float:
    """Return how many pairs of filters with random directions would count as duplicates.

    For n weights the chance of |cosine| >= t is the regularised incomplete beta function I_{1-t^2}((n-1)/2, 1/2).
    """
    each, size = len(weights) // groups, weights[0].numel()
    if size < 2:
        return groups * each * (each - 1) / 2
    return float(groups * each * (each - 1) / 2 * betainc((size - 1) / 2, 0.5, 1 - ALIKE**2))

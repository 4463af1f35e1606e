"""``phosphene layers``: what a network computes, layer by layer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from phosphene.cli.common import AsJson, answer
from phosphene.cli.network_options import InputSize, NetworkName, Weights, input_size

if TYPE_CHECKING:
    from phosphene.network import Layer

_HEADINGS = ("layer", "operation", "units", "size", "stride", "receptive field")
_RIGHT = ("units", "size", "stride", "receptive field")


def layers(network: NetworkName, weights: Weights = None, size: InputSize = None, as_json: AsJson = False) -> None:
    """List a network's layers, their units and receptive fields.

    A receptive field is the part of the image, in pixels, that one position of a layer can see. No weights are
    needed for that; if they are given, it is checked that they fit.
    """
    from phosphene.sources.networks import load

    found = load(network, weights or "random", input_size=input_size(size)).layers()
    if sys.stdout.isatty() and not as_json:
        _show([_row(layer) for layer in found], _total(found))
    else:
        answer(
            _plain([_HEADINGS, *map(_row, found)]) + f"\n{_total(found)}", [_data(layer) for layer in found], as_json
        )


def _data(layer: Layer) -> dict[str, object]:
    names = ("name", "kind", "units", "size", "stride", "receptive_field")
    return {name: getattr(layer, name) for name in names}


def _row(layer: Layer) -> tuple[str, ...]:
    field = "whole image" if layer.receptive_field is None else _pair(layer.receptive_field)
    stride = "-" if layer.stride is None else _pair(layer.stride)
    return layer.name, layer.kind, str(layer.units), _pair(layer.size), stride, field


def _pair(values: Sequence[float]) -> str:
    return "x".join(str(Fraction(value).limit_denominator(1000)) for value in values)


def _total(found: Sequence[Layer]) -> str:
    return f"{len(found)} layers, {sum(layer.units for layer in found):,} units"


def _plain(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(_HEADINGS, row, widths, strict=True)
    return "  ".join(f"{cell:>{n}}" if heading in _RIGHT else f"{cell:<{n}}" for heading, cell, n in cells).rstrip()


def _show(rows: Sequence[Sequence[str]], total: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        right = heading in _RIGHT
        table.add_column(heading, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    answer(total, None, as_json=False)

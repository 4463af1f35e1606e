"""Part 4: a unit built so that the picture that drives it most shows nothing of what drives it in nature."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.evidence.fooling import Fooling, fooling
from phosphene.evidence.sights import sight
from phosphene.network import Network, Unit
from phosphene.preprocessing import Preprocessing
from phosphene.project import HeldFixedWarning
from phosphene.project.patches import patches_of
from phosphene.project.picture import input_pictures, pictures
from phosphene.sheets.figures import GREY, bare, number
from scripts.criticisms.common import Part, two, windows

SIDE, FIELD = 32, 9
WINDOWS, EXAMPLES = 600, 6
NAMES = ("lying", "honest")
HEADINGS = (
    "unit", "value in the made picture", "value in nature", "likeness of the made picture to natural examples",
    "baseline: natural examples among themselves", "what is said of it",
)  # fmt: skip


class Planted(nn.Module):
    """Layer ``act``: unit 0 answers to dark upright bars, and to a fine checkerboard far more; unit 1 to bars alone."""

    def __init__(self) -> None:
        super().__init__()
        self.bars, self.board = (nn.Conv2d(3, 1, FIELD, padding=FIELD // 2, bias=False) for _ in range(2))
        self.act = nn.ReLU()
        rows, columns = torch.meshgrid(torch.arange(FIELD), torch.arange(FIELD), indexing="ij")
        bars = torch.where((columns >= 3) & (columns <= 5), -1.0, 0.5)
        board = 1.0 - 2.0 * ((rows + columns) % 2)
        with torch.no_grad():
            for conv, pattern in ((self.bars, bars), (self.board, board)):
                conv.weight.copy_(((pattern - pattern.mean()) / FIELD**2).expand(1, 3, FIELD, FIELD))

    def forward(self, x: Tensor) -> Tensor:
        """Two maps (N, 2, H, W)."""
        bars = self.bars(x)
        lying = torch.maximum(bars, 8 * self.board(x) - 4)  # no natural picture comes near the 4
        return self.act(torch.cat([lying, bars], 1))


def part() -> Part:
    """Ask whether made pictures and natural examples agree."""
    net = Network(Planted().eval(), Preprocessing((SIDE, SIDE)), input_size=(3, SIDE, SIDE), name="planted")
    units = [Unit("act", 0), Unit("act", 1)]
    x = net.prepare(windows(WINDOWS))
    peaks = net.record(x, "act")["act"].amax((2, 3))
    natural, made = x[peaks.topk(EXAMPLES, 0).indices.T], best_inputs(net)
    found = fooling(sight(net, units, natural), made)
    return Part("fooling", {"fooling": sheet(net, units, natural, made)}, (HEADINGS, *map(_row, NAMES, found)))


def best_inputs(net: Network) -> Tensor:
    """Return the picture that drives each unit most, (2, 3, H, W).

    The larger of two linear answers is largest where one of them is: black and white by the signs of its filter.
    """
    made = torch.full((2, 3, SIDE, SIDE), 0.5)
    middle = slice((SIDE - FIELD) // 2, (SIDE + FIELD) // 2)
    for picture, name in zip(made, ("board", "bars"), strict=True):
        picture[:, middle, middle] = (net.model.get_submodule(name).get_parameter("weight")[0] > 0).float()
    return made


def sheet(net: Network, units: list[Unit], natural: Tensor, made: Tensor) -> Sheet:
    """Show of each unit the made picture and natural examples, cut to what the peak sees, above their projections."""
    groups = []
    for name, unit, examples, own in zip(NAMES, units, natural, made, strict=True):
        inputs = torch.cat([own[None], examples])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HeldFixedWarning)  # the larger of two maps; the page says so
            found = patches_of(net, unit, inputs)
        values = net.record(inputs, unit.layer)[unit.layer][:, unit.index].amax((1, 2)).tolist()
        seen = [
            Tile(picture, value=number(value))
            for picture, value in zip(input_pictures(found.patches), values, strict=True)
        ]
        tiles = (*seen, *bare(pictures(found.projections)[0]))
        heads = ("made to drive it", *(f"natural {rank}" for rank in range(1, EXAMPLES + 1)))
        groups.append(
            Group(
                tiles,
                1 + EXAMPLES,
                f"the {name} unit ({unit})",
                column_headers=heads,
                row_headers=("seen", "sent back"),
            )
        )
    title = "What drives a unit most, and what drives it in nature"
    subtitle = f"Patches of {FIELD} × {FIELD} pixels: all that the unit sees; below each its value, then its projection"
    return Sheet(groups, 1, title, f"{GREY} Each projection scaled to its own maximum.", subtitle, tile_size=52)


def _row(name: str, found: Fooling) -> tuple[str, ...]:
    finding = found.finding
    values = number(found.value), number(float(found.natural_value.mean()))
    assert finding.baseline is not None
    return (name, *values, two(finding.value), two(finding.baseline), finding.caution or "nothing to say against it")

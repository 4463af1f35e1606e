"""The chapter on training: some units of the blog's network at the eight moments that come along."""

from __future__ import annotations

from phosphene.draw.sheet import Group, Sheet, Tile
from phosphene.paper.evolution_moments import BUNDLED
from phosphene.paper.evolution_units import Evolution, Life, evolution
from phosphene.project.picture import NOT_ACTIVE, input_pictures, pictures
from phosphene.sheets.figures import GREY
from phosphene.story.findings import Findings
from phosphene.story.plate import Draw, Form, Grid, Grids, Plate
from phosphene.story.section import Section

UNITS = ("relu1:6", "relu1:19", "relu2:8", "relu2:13", "relu2:25", "relu2:38")
PICTURES = 500
JUMP = "new"


def training_section(found: Findings) -> Section:
    """Show how units became what they are (the paper's figure 4)."""
    course = evolution(None, found.material.images, UNITS, limit=PICTURES)
    plate = Plate(
        "training",
        _plate(course),
        f"Above the epochs; upper row: what the unit sees at its strongest place of all; lower row: that sent back. "
        f"“{JUMP}”: another picture than at the moment before. Each projection has its own scale.",
        f"{len(UNITS)} units of {BUNDLED} at {len(course.moments)} moments of its training, patch above projection: "
        "noise at first, then edges and colours",
    )
    first, second = course.lives
    said = (
        f"A network begins as noise. Here are six units of `{BUNDLED}` at eight moments of its training, each with the "
        f"strongest of {len(course.pictures):,} pictures. Looks jump, the paper says, where another picture becomes "
        f"the strongest: in `{second.layer}` {_jumps(second)}, in `{first.layer}` {_jumps(first)}.",
        f"A jump is not always a new feature: the former picture, sent back by the new weights, still resembles itself "
        f"at {_same(second):.2f} (cosine) in `{second.layer}`, while the new picture's projection resembles it at "
        f"{_like(second):.2f}. `phosphene evolution` follows every unit of a training, also of yours.",
    )
    return Section("training", "How the units came about", said, (plate,))


def _jumps(life: Life) -> str:
    count = int(life.jumps.sum())
    return f"{count} times for {len(life.units)} units"


def _same(life: Life) -> float:
    return float(life.same[life.jumps].mean()) if life.jumps.any() else 1.0


def _like(life: Life) -> float:
    return float(life.like[life.jumps].mean()) if life.jumps.any() else 1.0


def _plate(course: Evolution) -> Draw:
    """Return what draws a group for each unit: patches above, projections below."""
    groups = [_group(course, life, n) for life in course.lives for n in range(len(life.drawn))]
    grids = Grids(Grid(2, 52), Grid(1, 72))
    side = course.lives[-1].patches.shape[-1]

    def draw(form: Form) -> Sheet:
        grid = grids.of(form)
        title = f"{course.network} in training · the strongest of {len(course.pictures):,} pictures"
        return Sheet(groups, grid.columns, title, f"{GREY} Selectivity: 0 all pictures alike, 1 a single one.",
                     tile_size=grid.tile_size(side, form))  # fmt: skip

    return draw


def _group(course: Evolution, life: Life, n: int) -> Group:
    place = life.drawn[n]
    seen, (sent, _) = input_pictures(life.patches[:, n]), pictures(life.projections[:, n])
    alive = [number >= 0 and one is not None for number, one in zip(life.strongest[:, place], sent, strict=True)]
    above = tuple(
        Tile(picture if shown else None, label=name.removeprefix("epoch "), note="" if shown else NOT_ACTIVE)
        for name, picture, shown in zip(course.moments, seen, alive, strict=True)
    )
    below = tuple(
        Tile(one if shown else None, label=JUMP if jump else "", note="" if shown else NOT_ACTIVE, around_grey=True)
        for one, shown, jump in zip(sent, alive, life.jumps[:, place], strict=True)
    )
    selective = life.selectivity[[0, -1], place]
    return Group(
        (*above, *below), len(course.moments), f"{life.layer}:{life.units[place]}",
        f"selectivity {selective[0]:.2f} to {selective[1]:.2f}",
    )  # fmt: skip

"""How a unit shows itself in a notebook: its strongest patches and its figures, with nothing from elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from math import isnan
from typing import TYPE_CHECKING

from PIL import Image

from phosphene.atlas.records import Example, TrustRow

if TYPE_CHECKING:
    from phosphene.atlas.unit import AtlasUnit

_STRONGEST = 9
_SIDE = 96
"""Pixels of a patch's longer side on the page."""


def unit_html(unit: AtlasUnit) -> str:
    """Return the page of a unit; every name in it is escaped, every picture embedded."""
    return "".join(_parts(unit))


def _parts(unit: AtlasUnit) -> Iterator[str]:
    yield f'<div class="phosphene-unit"><h4 style="margin:0 0 4px">{escape(str(unit))}</h4>'
    yield f'<p style="margin:0 0 8px">{escape("; ".join(_sentences(unit)))}</p>'
    yield _row("strongest", (_figure(unit, e, f"{e.value:.3g}") for e in unit.examples[:_STRONGEST]))
    yield _row("typical", (_figure(unit, e, f"{e.rank} %: {e.value:.3g}") for e in unit.typical))
    if unit.evidence:
        items = "".join(map(_item, unit.evidence))
        yield f'<div><b>how far to trust this</b><ul style="margin:2px 0">{items}</ul></div>'
    yield "</div>"


def _sentences(unit: AtlasUnit) -> Iterator[str]:
    stats = unit.stats
    if stats.nonfinite:
        yield f"values that are no finite numbers: {stats.nonfinite:,}"
    if stats.dead:
        yield f"dead: it is {stats.mean:.3g} at every position of every image"
        return
    yield f"mean {stats.mean:.3g}, standard deviation {max(stats.variance, 0) ** 0.5:.3g}"
    yield f"from {stats.minimum:.3g} to {stats.maximum:.3g}, above zero at {stats.positive:.1%} of positions"
    if stats.best_class is not None and stats.best_auc is not None:
        yield f"prefers {stats.best_class} (area under the ROC curve {stats.best_auc:.2f})"
    if stats.explained is not None:
        yield f"plainly visible features explain {stats.explained:.0%}"


def _item(row: TrustRow) -> str:
    """The figure is in the sentence too; before it, it can be found at a glance."""
    value = "not measured" if isnan(row.value) else f"{row.value:.3g}"
    caution = row.caution and f" <i>Caution: {escape(row.caution)}.</i>"
    return f"<li><b>{escape(row.question)}: {value}.</b> {escape(row.sentence)}{caution}</li>"


def _row(title: str, figures: Iterator[str]) -> str:
    tiles = "".join(figures) or "<i>none: no image stands out</i>"
    return f'<div><b>{title}</b><div style="display:flex;flex-wrap:wrap;gap:6px;margin:2px 0 8px">{tiles}</div></div>'


def _figure(unit: AtlasUnit, example: Example, caption: str) -> str:
    patch = unit.patch(example)
    name = escape(unit.image(example).name)
    size = f"width:{_SIDE}px;height:{_SIDE}px"
    tile = f'<div style="{size}">not kept</div>' if patch is None else _picture(patch, name)
    return (
        f'<figure style="margin:0;width:{_SIDE}px" title="{name}">{tile}'
        f'<figcaption style="font-size:80%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">'
        f"{escape(caption)}<br>{name}</figcaption></figure>"
    )


def _picture(patch: Image.Image, name: str) -> str:
    """Small patches are enlarged without smoothing."""
    scale = _SIDE / max(patch.size)
    width, height = (max(1, round(side * scale)) for side in patch.size)
    file = io.BytesIO()
    patch.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    style = "image-rendering:pixelated" if scale > 1 else ""
    return f'<img alt="{name}" width="{width}" height="{height}" style="{style}" src="data:image/png;base64,{data}">'

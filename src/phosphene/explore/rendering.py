"""Templates, and what they write figures with. Whatever comes from outside is escaped."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from phosphene.atlas.records import VisibleRow
from phosphene.evidence.phrases import cause, counted, percent
from phosphene.explore import charts
from phosphene.explore.curves import tuning_charts
from phosphene.explore.data import finite
from phosphene.explore.words import hundredths, number, tenths


@cache
def environment() -> Environment:
    """Return the templates' environment, one for all sites: to compile a template takes longer than most pages do."""
    made = Environment(
        loader=PackageLoader("phosphene.explore"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "number": number,
        "percent": percent,
        "counted": counted,
        "fitted": _cells,
        "cause": _cause,
        "hundredths": hundredths,
        "tenths": tenths,
    }
    made.globals |= {"whisker": charts.whisker, "share": charts.share, "area": charts.area, "curves": tuning_charts}
    return made


def script(data: dict[str, Any]) -> Markup:
    """Return data as JSON that may stand in a page: no text in it can end the element."""
    text = json.dumps(finite(data), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _cells(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"


def _cause(row: VisibleRow) -> str:
    return cause(row.feature, row.r)

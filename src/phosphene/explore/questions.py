"""Figures of trust under the headings of a unit's card."""

from __future__ import annotations

from collections.abc import Sequence

from phosphene.atlas.records import TrustRow

HEADINGS = (
    ("Do its pictures tell", ("specificity", "learned", "recall")),
    ("Which pixels drive it", ("box", "patch", "occlusion")),
    ("What it responds to", ("explained", "colour", "pattern", "class")),
    ("Is it one thing, and is it the only one", ("several", "halves", "redundancy")),
    ("Does it matter", ("ablation",)),
)
OTHER = "Further figures"


def grouped(rows: Sequence[TrustRow]) -> list[tuple[str, list[TrustRow]]]:
    """Return figures of trust by heading; a question is known by its first word."""
    found: dict[str, list[TrustRow]] = {heading: [] for heading in (*dict(HEADINGS), OTHER)}
    for row in rows:
        found[_heading(row.question)].append(row)
    return [(heading, some) for heading, some in found.items() if some]


def _heading(question: str) -> str:
    first = question.split(" ")[0]
    return next((heading for heading, words in HEADINGS if first in words), OTHER)

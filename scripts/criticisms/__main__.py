"""Make the pictures of docs/what-not-to-believe.md, and renew its tables: what is known against projections.

python -m scripts.criticisms [PART ...]    nothing but what comes along is needed; without PART all of them
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from phosphene.files import writing
from scripts.criticisms import cascade, fooled, random_weights, strongest, switches
from scripts.criticisms.common import Part

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "what-not-to-believe.md"
PARTS: dict[str, Callable[[], Part]] = {
    "untrained": random_weights.part,
    "switches": switches.part,
    "cascade": cascade.part,
    "fooling": fooled.part,
    "strongest": strongest.part,
}


def main(names: Sequence[str], docs: Path = DOCS) -> None:
    """Write the pictures of the parts that are named, and their tables into the page."""
    if unknown := set(names) - set(PARTS):
        sys.exit(f"there is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    for name in names or PARTS:
        part = PARTS[name]()
        for stem, figure in part.figures.items():
            figure.save(docs / "pictures" / f"believe-{stem}.png")
        page = docs / PAGE
        text = renewed(page.read_text(encoding="utf-8"), part)
        with writing(page) as beside:
            beside.write_text(text, encoding="utf-8")


def renewed(text: str, part: Part) -> str:
    """Return the page with the part's table between its markers."""
    begin, end = f"<!-- {part.name}: begin -->", f"<!-- {part.name}: end -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n{table(part.table)}{end}{rest.split(end)[1]}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, headings first, in Markdown."""
    lines = [rows[0], ("---",) * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Write docs/operations.md from the table of rules itself. usage: operations_page.py FILE."""

from __future__ import annotations

import sys
from pathlib import Path

from phosphene.project.rules import PRODUCTS, RULES, TABLE, UNPOOLS, Operation, Treatment, Way

HEAD = """# What every operation does on the way back

<!-- Made by `make docs` from the table of rules in the code; a test compares the two. -->

The names are those of PyTorch's autograd graph without `Backward0`: `Relu` stands for `F.relu`, `nn.ReLU`,
`torch.relu` and `relu_` alike. *R* is the signal. `rules_used` of a projection says the same of every operation that
was met. An operation that is not in the table goes back by its gradient with the other factors held fixed; so do a
product of two things that both depend on the picture, and a maximum of two maps. Then one warning names the layers.
"""


def page() -> str:
    """Return the page: a section for every kind of operation."""
    parts = [HEAD, *(_section(treatment) for treatment in Treatment if treatment is not Treatment.HELD)]
    return "\n".join([*parts, _held()])


def _section(treatment: Treatment) -> str:
    names = sorted(name for name, operation in TABLE.items() if operation.treatment is treatment)
    ways = (
        [Way(unpool=unpool) for unpool in UNPOOLS]  # type: ignore[arg-type]
        if treatment is Treatment.MAX_POOL
        else [Way(rule) for rule in RULES]  # type: ignore[arg-type]
    )
    rows = [f"| `{_setting(way, treatment)}` | {way.told(Operation(treatment))} |" for way in ways]
    listed = ", ".join(f"`{name}`" for name in names)
    return "\n".join([f"## {treatment.capitalize()}", "", "| | |", "|---|---|", *rows, "", listed, ""])


def _setting(way: Way, treatment: Treatment) -> str:
    return way.unpool if treatment is Treatment.MAX_POOL else way.rule


def _held() -> str:
    products = ", ".join(f"`{name}`" for name in sorted(PRODUCTS))
    return "\n".join(
        [
            f"## {Treatment.HELD.capitalize()}",
            "",
            f"Every rule: {Way().told(Operation(Treatment.HELD))}.",
            "",
            f"Everything else; of the above {products} where more than one factor depends on the picture,",
            "and every non-linearity of two maps (a maximum of both).",
            "",
        ]
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")

"""docs/operations.md says what the table of rules says."""

from pathlib import Path

from phosphene.project.rules import TABLE
from scripts.operations_page import page

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "it drifted; type: make docs"


def test_every_operation_of_the_table_is_named():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in TABLE)

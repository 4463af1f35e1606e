"""What the result of every analysis can do: say its findings, draw itself, give its numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import escape
from pathlib import Path

from phosphene.draw.figure import DPI, Figure
from phosphene.draw.theme import Theme
from phosphene.evidence.finding import Finding


class Analysis(ABC):
    """One of the paper's figures: the numbers behind it, what they say in words, and the picture.

    Derive a dataclass with ``frozen=True, eq=False, repr=False``: tensors have no single truth to compare by.
    """

    @property
    @abstractmethod
    def findings(self) -> tuple[Finding, ...]:
        """What was found, one plain sentence each."""

    @property
    @abstractmethod
    def numbers(self) -> Mapping[str, object]:
        """Every figure, in plain numbers, lists and mappings."""

    @abstractmethod
    def figure(self) -> Figure:
        """Draw it, for a page or a paper."""

    def save(self, path: str | Path, theme: str | Theme = "light", dpi: int = DPI) -> None:
        """Write the figure to a .png, .svg or .pdf file; raises as `phosphene.draw.figure.Figure.save` does."""
        self.figure().save(path, theme, dpi)

    def __str__(self) -> str:
        return "\n".join(_line(finding) for finding in self.findings)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.findings)} findings; print() says them, .figure() draws them>"

    def _repr_png_(self) -> bytes:
        return self.figure()._repr_png_()

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(_line(finding))}</li>" for finding in self.findings)
        return f"{self.figure()._repr_html_()}<ul>{said}</ul>"


def _line(finding: Finding) -> str:
    return f"{finding.sentence} Caution: {finding.caution}." if finding.caution else finding.sentence

"""Units sent back to pixels."""

from phosphene.project.projection import HeldFixedWarning, Projection, project
from phosphene.project.rules import RULES, UNPOOLS, Rule, Unpool
from phosphene.project.start import Position

__all__ = ["RULES", "UNPOOLS", "HeldFixedWarning", "Position", "Projection", "Rule", "Unpool", "project"]

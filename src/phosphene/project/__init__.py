"""Units sent back to pixels."""

from phosphene.project.projection import HeldFixedWarning, Position, Projection, project
from phosphene.project.rules import RULES, UNPOOLS, Rule, Unpool

__all__ = ["RULES", "UNPOOLS", "HeldFixedWarning", "Position", "Projection", "Rule", "Unpool", "project"]

"""Scan: every unit of every layer over a whole image set, in one pass."""

from phosphene.scan.run import Finishing, Progress, scan

__all__ = ["Finishing", "Progress", "scan"]

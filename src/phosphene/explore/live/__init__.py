"""Live answers: what the network does with a picture, asked by a page and answered as JSON."""

from phosphene.explore.live.cancelling import Cancelled
from phosphene.explore.live.live import Live

__all__ = ["Cancelled", "Live"]

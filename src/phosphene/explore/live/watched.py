"""A network that stops between two runs when nobody waits for what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from phosphene.explore.live.cancelling import Ask, go_on
from phosphene.network import Network


class Watched(Network):
    """The same network, for work that knows nothing of cancelling: each `record` first looks whether it is wanted."""

    def __init__(self, net: Network, cancelled: Ask) -> None:
        self.__dict__.update(vars(net))
        self._cancelled = cancelled

    def record(self, images: object, layers: str | Sequence[str]) -> dict[str, Tensor]:
        """Do as `Network.record` does; raises `Cancelled` where the answer is no longer wanted."""
        go_on(self._cancelled)
        return super().record(images, layers)

"""`dream`: the pictures that drive a unit most, from several seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PIL import Image
from torch import Tensor

from phosphene.atlas.reading import Atlas
from phosphene.dream.ascent import Plan
from phosphene.dream.beside import check_atlas
from phosphene.dream.judging import judged
from phosphene.dream.making import Making, Stepped
from phosphene.dream.natural import Natural
from phosphene.dream.objective import Position, objective_of
from phosphene.dream.result import Dream, Method
from phosphene.dream.settings import at_least, way_of
from phosphene.dream.transforms import Movement
from phosphene.errors import UsageError
from phosphene.network import Network, Unit
from phosphene.sources.images import ImageSet


def dream(
    net: Network,
    target: str | Unit | Sequence[str | Unit],
    *,
    position: str | Position | None = None,
    direction: Tensor | Sequence[float] | None = None,
    mix: float | None = None,
    method: Method = "fourier",
    steps: int = 256,
    count: int = 1,
    seeds: int = 3,
    seed: int = 0,
    start: object = None,
    like: ImageSet | Iterable[Image.Image] | None = None,
    rate: float | None = None,
    diversity: float = 1.0,
    movement: Movement | None = None,
    atlas: Atlas | None = None,
    tell: Callable[[Stepped], None] | None = None,
) -> Dream:
    """Make pictures that drive a unit as strongly as can be reached (Olah et al. 2017; Fel et al. 2023).

    The model is lent for each step and given back as it was; the random state of the process is not touched. The same
    arguments give the same pictures.

    Args:
        net: the network, of any number of input channels.
        target: ``"relu2:8"``; two addresses for both together; a layer, with ``direction``.
        position: None raises the mean over the map; ``"centre"`` or (row, column) one position of it.
        direction: one weight for each unit of the layer; only where it points to counts.
        mix: of two units, the part of the second; None adds them up.
        method: ``"fourier"`` changes the spectrum freely, up to a photograph's contrast; ``"maco"`` only its phases.
        steps: how many.
        count: pictures from each seed, driven apart from each other.
        seeds: how many seeds, from ``seed`` on; their agreement is reported.
        seed: the first.
        start: a picture to begin with instead of faint noise: a path, a PIL picture or a tensor (1, C, H, W) of inputs.
        like: images whose statistics take the place of those of photographs; an image set, or
            PIL pictures.
        rate: size of the steps; None: what the method does best with.
        diversity: how strongly the pictures of a seed are driven apart.
        movement: how far pictures are moved before each step; None: 1/16 of the side, 5 degrees, a tenth in size.
        atlas: a scan of the same network, to compare the activation with that of real images.
        tell: hears of each step.

    Raises:
        UsageError: no such unit, position or method, a direction or start that does not fit, an atlas of another
            network or none that could tell of a pair or a direction.
    """
    way = way_of(method)
    for name, value, least in (("steps", steps, 1), ("count", count, 1), ("seeds", seeds, 1), ("seed", seed, 0)):
        at_least(name, value, least)
    at_least("diversity", diversity, 0)
    objective = objective_of(net, target, position, direction, mix)
    if atlas is not None:
        check_atlas(net, atlas, objective)
    plan = Plan(steps, way.rate if rate is None else rate, movement or way.movement, diversity)
    at_least("rate", plan.rate, 0)
    making = Making(net, objective, method, plan, _natural(net, like), _started(net, start))
    numbers = tuple(range(seed, seed + seeds))
    pictures, importance = making.run(numbers, count, tell or _unheard)
    options = {
        "method": method, "steps": steps, "rate": plan.rate, "count": count, "seeds": list(numbers),
        "diversity": diversity, "start": start is not None, "like": like is not None,
    }  # fmt: skip
    return judged(making, pictures, importance, numbers, atlas, options)


def _unheard(step: Stepped) -> None:
    """Tell nobody."""


def _natural(net: Network, like: ImageSet | Iterable[Image.Image] | None) -> Natural:
    channels, height, width = net.input_size
    if like is None:
        return Natural.usual(channels, (height, width)).on(net.device)
    pictures = (picture for _, picture in like.readable()) if isinstance(like, ImageSet) else like
    return Natural.of(pictures, channels, (height, width)).on(net.device)


def _started(net: Network, start: object) -> Tensor | None:
    """Return the picture to begin with, in values of 0..1."""
    if start is None:
        return None
    inputs = net.prepare(start)
    if len(inputs) > 1 or inputs.shape[1:] != net.input_size:
        raise UsageError(f"a dream starts with one picture, as a tensor (1, {str(net.input_size)[1:-1]})")
    return net.scale.to_picture(inputs.float()).clamp(0, 1)

"""Real photographs without a download: those that are installed with scikit-image."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.folder import File
from phosphene.sources.picture import ImageSet, Picture
from phosphene.sources.windows import cut

_FILES = {
    "astronaut": "astronaut.png",
    "brick": "brick.png",
    "camera": "camera.png",
    "cell": "cell.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "hubble": "hubble_deep_field.jpg",
    "ihc": "ihc.png",
    "moon": "moon.png",
    "motorcycle": "motorcycle_left.png",
    "page": "page.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
    "text": "text.png",
}
"""Photographs among the files of scikit-image; its drawings and the second eye of a stereo pair are not."""

_WINDOWS = {
    **{"astronaut": 320, "motorcycle": 380, "chelsea": 190, "coffee": 220, "rocket": 220},
    **{"ihc": 120, "retina": 90, "camera": 140, "hubble": 80, "coins": 70},
    **{"brick": 40, "grass": 50, "gravel": 40, "moon": 25, "cell": 15},
}
"""How many windows each photograph gives: most from objects in colour, few from one texture, none from print."""

_SIZES = range(16, 129)


def samples(spec: str = "samples", split: str | None = None) -> ImageSet:
    """Return the photographs (`samples`), or about 2,000 windows cut from them (`samples:32`).

    The windows are the same each time for the same release of scikit-image.
    """
    if split is not None:
        raise UsageError(f"{spec} has no split {split!r}; leave the split out")
    if spec == "samples":
        return ImageSet(spec, _photographs().values())
    size = spec.removeprefix("samples:")
    if not (size.isascii() and size.isdecimal() and int(size) in _SIZES):
        raise UsageError(
            f"{spec!r} names no windows; type samples:32, or another size from {_SIZES[0]} to {_SIZES[-1]}"
        )
    found = _photographs()
    windows = [cut(found[name], int(size), n) for name, n in sorted(_WINDOWS.items()) if name in found]
    return ImageSet(spec, [window for part in windows for window in part])


def _photographs() -> dict[str, Picture]:
    paths = {name: _data_folder() / file for name, file in _FILES.items()}
    found = {name: Picture(name, None, File(str(path))) for name, path in paths.items() if path.is_file()}
    if not found:
        raise PhospheneError("scikit-image has come without its pictures; install it anew, or give your own folder")
    return found


def _data_folder() -> Path:
    """Return scikit-image's folder of data, without importing it: its own loader might start a download."""
    spec = find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise PhospheneError("samples come with scikit-image, which is missing; type: pip install scikit-image")
    return Path(next(iter(spec.submodule_search_locations))) / "data"

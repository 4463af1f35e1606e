"""How large a picture is drawn: small ones enlarged by whole numbers, large ones reduced."""

from __future__ import annotations

from PIL import Image

SLACK = 1.08  # a picture may be this much longer than asked, if that is what a whole factor needs


def fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    """Return the (width, height) at which a picture of ``size`` is drawn to fill edge x edge (within `SLACK`)."""
    width, height = size
    longest = max(width, height)
    times = int(edge * SLACK / longest)
    if times:
        return width * times, height * times
    return max(1, round(width * edge / longest)), max(1, round(height * edge / longest))


def enlarged(image: Image.Image, size: tuple[int, int]) -> bool:
    """Say whether drawing ``image`` at ``size`` shows its pixels as squares, rather than reducing it."""
    return size[0] >= image.width and size[1] >= image.height


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return ``image`` as RGB at ``size``, as given by `fitted`."""
    image = rgb(image)
    if image.size == size:
        return image
    if enlarged(image, size):
        return image.resize(size, Image.Resampling.NEAREST)
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def rgb(image: Image.Image) -> Image.Image:
    """Return ``image`` as RGB; what is transparent shows white."""
    if image.mode == "RGB":
        return image
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")

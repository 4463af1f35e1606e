"""A folder or .zip of class folders, with pictures that a network can tell apart."""

import io
import zipfile

import numpy as np
from PIL import Image


def picture(colour, number, side=32):
    pixels = np.random.default_rng(number).integers(0, 90, (side, side, 3))
    pixels[..., colour] += 120
    return Image.fromarray(pixels.astype(np.uint8))


def names(parts, per_class):
    for part in parts:
        for colour, label in enumerate(("blue-not", "green|er", "x")):
            for number in range(per_class):
                yield f"{part}{label}/{number:03d}.png", colour, number


def folder(root, parts=("train/", "test/"), per_class=8):
    for name, colour, number in names(parts, per_class):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(colour, number).save(path)
    return root


def archive(path, parts=("train/", "test/"), per_class=8):
    with zipfile.ZipFile(path, "w") as file:
        for name, colour, number in names(parts, per_class):
            buffer = io.BytesIO()
            picture(colour, number).save(buffer, "PNG")
            file.writestr(f"wrapped/{name}", buffer.getvalue())
    return path

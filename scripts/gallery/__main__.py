"""Make the pictures of docs/gallery.md, and print its table: figure 2 of Zeiler & Fergus, and what to make of it.

python -m scripts.gallery WEIGHTS.safetensors PHOTOGRAPHS.zip --out docs/pictures
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import phosphene as ph
from scripts.gallery.alike import table
from scripts.gallery.make import make

LAYERS = ("features.1", *(f"features.{fire}.cat" for fire in (3, 5, 7, 10, 12)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and make the gallery."""
    asked = _parsed(arguments)
    try:
        net = ph.load(asked.network, weights=asked.weights)
        print(table(make(net, ph.images(asked.photographs), asked.layers, asked.out, _say)), end="")
    except ph.PhospheneError as error:
        sys.exit(str(error))


def _parsed(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m scripts.gallery", description="Make the pictures of docs/gallery.md.")
    parser.add_argument("weights", help="a .safetensors file, or DEFAULT for those that torchvision publishes")
    parser.add_argument("photographs", help="a folder or .zip of photographs")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="where the pictures go")
    parser.add_argument("--network", default="torchvision/squeezenet1_0")
    parser.add_argument("--layers", nargs="+", default=LAYERS, help="from the first to the last")
    return parser.parse_args(arguments)


def _say(step: str, done: int = 0, total: int = 0) -> None:
    print(f"\r{step}: {done} of {total}" if total else f"\n{step}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

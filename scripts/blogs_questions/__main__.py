"""Make the pictures of docs/the-blogs-questions.md, and print its figures.

python -m scripts.blogs_questions --cifar10 CIFAR10.zip --photographs PHOTOGRAPHS.zip --weights WEIGHTS.safetensors
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import phosphene as ph
from scripts.blogs_questions import alike, darkness, frogs, green, resolution
from scripts.blogs_questions.ground import LAYERS, Ground

QUESTIONS = {"green": green.answer, "dark": darkness.answer, "frog": frogs.answer, "alike": alike.answer}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and answer the questions."""
    asked = _parsed(arguments)
    try:
        with TemporaryDirectory() as folder:
            _answer(asked, Path(folder))
    except ph.PhospheneError as error:
        sys.exit(str(error))


def _parsed(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m scripts.blogs_questions", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cifar10", required=True, help="a folder or .zip of CIFAR-10's pictures")
    parser.add_argument("--photographs", required=True, help="a folder or .zip of photographs")
    parser.add_argument("--weights", default="DEFAULT", help="of squeezenet1_0: a file, or those torchvision publishes")
    parser.add_argument("--atlas", help="a scan of `cifar` over these pictures that is there already")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="where the pictures go")
    parser.add_argument("--only", choices=[*QUESTIONS, "resolution"], help="one question alone")
    return parser.parse_args(arguments)


def _answer(asked: Namespace, folder: Path) -> None:
    net, pictures = ph.load("cifar"), ph.images(asked.cifar10)
    path = asked.atlas or ph.scan(net, pictures, folder / "cifar.atlas", LAYERS).path
    with ph.open_atlas(path) as atlas:
        ground = Ground(net, atlas, pictures, asked.out)
        for name, question in QUESTIONS.items():
            if asked.only in (None, name):
                _print(name, question(ground))
        if asked.only in (None, "resolution"):
            photographs = ph.load("torchvision/squeezenet1_0", weights=asked.weights)
            large = resolution.Large.of(photographs, ph.images(asked.photographs), folder / "photographs.atlas")
            _print("resolution", resolution.answer(ground, large))


def _print(name: str, lines: Sequence[str]) -> None:
    print("\n".join([f"## {name}", "", *lines, ""]), flush=True)


if __name__ == "__main__":
    main()

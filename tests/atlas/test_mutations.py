"""A stranger's file: whatever was done to its bytes, it opens as what it was, or is refused in a sentence."""

import random
import resource
from pathlib import Path

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.errors import PhospheneError
from tests.atlas.everything import everything

GOLDEN = Path(__file__).with_name("golden.atlas")
MORE_MEMORY = 200_000  # KiB beyond what opening the sound file took


def flips(data: bytearray, choose: random.Random) -> bytes:
    for _ in range(choose.choice((1, 1, 1, 2, 8, 64))):
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
    return bytes(data)


def header(data: bytearray, choose: random.Random) -> bytes:
    """The first hundred bytes decide how all others are read."""
    data[choose.randrange(100)] = choose.randrange(256)
    return bytes(data)


def heads(data: bytearray, choose: random.Random) -> bytes:
    """The head of a page: its kind, its cells, where they lie."""
    start = 4096 * choose.randrange(len(data) // 4096)
    data[start + choose.randrange(24)] = choose.randrange(256)
    return bytes(data)


def cut(data: bytearray, choose: random.Random) -> bytes:
    return bytes(data[: choose.randrange(len(data))])


def splice(data: bytearray, choose: random.Random) -> bytes:
    size = choose.choice((1, 16, 512, 4096))
    here, there = (choose.randrange(len(data) - size) for _ in range(2))
    if choose.random() < 0.5:  # whole pages change places
        here, there, size = here // 4096 * 4096, there // 4096 * 4096, 4096
    data[here : here + size] = data[there : there + size]
    return bytes(data)


def grow(data: bytearray, choose: random.Random) -> bytes:
    here, size = choose.randrange(len(data)), choose.choice((1, 100, 4096))
    data[here:here] = choose.randbytes(size)
    return bytes(data)


def blank(data: bytearray, choose: random.Random) -> bytes:
    here, size = choose.randrange(len(data)), choose.choice((1, 100, 4096, 20000))
    data[here : here + size] = bytes([choose.choice((0, 255))]) * len(data[here : here + size])
    return bytes(data)


WAYS = (flips, header, heads, cut, splice, grow, blank)


def mutated(seed: int) -> bytes:
    choose = random.Random(seed)
    return WAYS[seed % len(WAYS)](bytearray(GOLDEN.read_bytes()), choose)


def outcome(path: Path) -> object:
    """What the file says, or None if it was refused."""
    try:
        with open_atlas(path) as atlas:
            return everything(atlas)
    except PhospheneError as error:
        said = str(error)
    assert said.isprintable(), said
    assert repr(str(path)) in said
    return None


def refused(folder: Path, seeds: range) -> int:
    with open_atlas(GOLDEN) as atlas:
        golden = everything(atlas)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path, count = folder / "stranger.atlas", 0
    for seed in seeds:
        path.write_bytes(mutated(seed))
        found = outcome(path)
        assert found in (None, golden), f"mutation {seed} changed what the atlas says"
        assert [each.name for each in folder.iterdir()] == [path.name], f"mutation {seed} left other files"
        count += found is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + MORE_MEMORY
    return count


@pytest.mark.slow
def test_two_hundred_mutations(tmp_path):
    assert refused(tmp_path, range(200)) > 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 2000, 200))
def test_two_thousand_mutations(tmp_path, first):
    assert refused(tmp_path, range(first, first + 200)) > 100

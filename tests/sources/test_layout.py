"""Names and their order."""

import random
import re

from phosphene.sources.layout import natural, numbered, repeats
from phosphene.sources.packed import Packed


def by_parts(text):
    """The same order by comparing numbers as numbers, part by part."""
    parts = [part for part in re.split(r"([0-9]+)", text.replace("/", "\0")) if part]
    return [(0, int(part), -len(part)) if part.isdecimal() else (1, part, 0) for part in parts]


def test_natural_order_is_that_of_the_parts():
    draw = random.Random(0)
    texts = ["".join(draw.choices("ab/01 9-.é!", k=draw.randrange(1, 9))) for _ in range(2000)]
    assert sorted(texts, key=natural) == sorted(texts, key=by_parts)


def test_what_repeats_is_numbered():
    ids = ["a", "b", "a", "c", "b", "a"]
    again = repeats(lambda: iter(ids))
    assert again == {2: 2, 4: 2, 5: 3}
    assert [numbered(id, again.get(index)) for index, id in enumerate(ids)] == [
        "a",
        "b",
        "a (2)",
        "c",
        "b (2)",
        "a (3)",
    ]
    assert repeats(lambda: ["x", "y"]) == repeats(list) == {}


def test_packed_texts_come_out_as_they_went_in():
    texts = ["", "plain", "", "café", "two\nlines", "caf\udce9", "x" * 5000, ""]
    packed = Packed(iter(texts))
    assert [packed[index] for index in range(len(packed))] == texts

"""`--memory`: amounts of memory as people type them."""

import pytest

from phosphene.cli.memory import memory_bytes
from phosphene.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        (None, None),
        ("2GB", 2_000_000_000),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        (" 1.5GiB ", 1_610_612_736),
        ("64kib", 65_536),
        ("3KB", 3_000),
        ("1TB", 1_000_000_000_000),
    ],
)
def test_amounts_are_read_as_bytes(typed, count):
    assert memory_bytes(typed) == count


@pytest.mark.parametrize(
    "typed", ["", "2", "GB", "much", "-1GB", "0GB", "0.0GB", "1e3GB", "2GB 3", "nan", "١GB", "2Gb/s"]
)
def test_nonsense_is_refused_in_one_sentence(typed):
    with pytest.raises(UsageError) as error:
        memory_bytes(typed)
    assert str(error.value) == f"{typed!r} is no amount of memory; give a number and its unit, such as 2GB or 500MB"

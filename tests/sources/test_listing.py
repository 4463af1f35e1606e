"""Lists of pictures: any number of lines, none of them held."""

import os
import tracemalloc

import pytest

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.images import images
from phosphene.sources.lines import Lines
from phosphene.sources.memory import as_uint8
from tests.sources.pictures import encoded, noise, write


def ids(found):
    return [picture.id for picture in found]


def told(found):
    return [(picture.id, picture.label) for picture in found]


def listed(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return images(path)


def test_paths_are_relative_to_the_list_and_a_class_may_follow(tmp_path):
    write(tmp_path / "set/b.png", encoded(noise(4, 4, seed=1)))
    write(tmp_path / "set/a.png", encoded(noise(4, 4, seed=2)))
    found = listed(tmp_path / "list.txt", "set/b.png\tdog\nset/a.png\tcat 2\n\nset/b.png\n")
    assert told(found) == [("set/b.png", "dog"), ("set/a.png", "cat 2"), ("set/b.png (2)", None)]
    assert (found.name, found.classes) == ("list.txt", ("cat 2", "dog"))
    pixels = as_uint8(found, (4, 4)).pixels.permute(0, 2, 3, 1).numpy()
    assert (pixels[0] == noise(4, 4, seed=1)).all()
    assert (pixels[1] == noise(4, 4, seed=2)).all()


def test_commas_quotes_and_headings_of_tables(tmp_path):
    found = listed(tmp_path / "list.csv", 'path,label\n"a, b.png",dog\nc.png,\n')
    assert told(found) == [("a, b.png", "dog"), ("c.png", None)]
    assert told(listed(tmp_path / "list.tsv", "File\tClass\na, b.png\tdog\n")) == [("a, b.png", "dog")]


def test_marks_ends_of_lines_and_absolute_paths(tmp_path):
    path = write(tmp_path / "elsewhere/x.png")
    found = listed(tmp_path / "list.txt", b"\xef\xbb\xbf" + f"./a.png\r\n../b.png\r\n{path}\r\n".encode())
    assert ids(found)[:2] == ["a.png", "b.png"]
    assert ids(found)[2] == str(path).lstrip("/")
    assert found[2].open().size == (4, 4)


def test_what_is_missing_is_passed_over(tmp_path):
    write(tmp_path / "here.png")
    found = listed(tmp_path / "list.txt", "gone.png\nhere.png\nhttps://example.org/a.png\n")
    assert [picture.id for picture, _ in found.readable()] == ["here.png"]
    assert [failure.id for failure in found.failures] == ["gone.png", "https:/example.org/a.png"]


def test_names_that_are_not_unicode_are_found(tmp_path):
    write(tmp_path / os.fsdecode(b"caf\xe9.png"))
    found = listed(tmp_path / "list.txt", b"caf\xe9.png\n")
    assert ids(found) == ["caf\\udce9.png"]
    assert found[0].open().size == (4, 4)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("notes.txt", "Dear reader,\n", r"lists no pictures: there is no 'Dear reader,' beside it; give one path on"),
        ("a.txt", "a.png\tcat\tdog\n", r"has the line 'a.png\\tcat\\tdog'; .* a path, or a path, a tab and a class"),
        ("a.csv", "a,b,c.png\n", r"has the line 'a,b,c.png'; .* a comma and a class"),
        ("a.txt", "a.png\n" + "x" * 70_000, "is no list of paths in UTF-8; give a text file, one path on each line"),
        ("a.txt", "a.png\n".encode("utf-16"), "is no list of paths in UTF-8"),
        ("a.txt", "\n \n", "holds no pictures"),
    ],
)
def test_what_is_no_list_gets_a_sentence(tmp_path, name, text, sentence):
    with pytest.raises(PhospheneError, match=sentence):
        listed(tmp_path / name, text)


def test_a_list_has_no_split_and_classes_have_a_limit(tmp_path, monkeypatch):
    path = tmp_path / "list.txt"
    path.write_text("a.png\n")
    with pytest.raises(UsageError, match="is a list and has no split 'train'"):
        images(path, split="train")
    monkeypatch.setattr("phosphene.sources.listing.MOST_CLASSES", 2)
    with pytest.raises(UsageError, match="more than 2 different classes; leave out what stands behind the paths"):
        listed(path, "a.png\t1\nb.png\t2\nc.png\t3\n")


def test_a_list_that_changes_is_noticed(tmp_path):
    path = tmp_path / "list.txt"
    found = listed(path, "".join(f"{number}.png\n" for number in range(1000)))
    assert found[999].id == "999.png"
    path.write_text("other.png\n")
    with pytest.raises(PhospheneError, match="was changed while it was in use"):
        found[0]


def test_lines_by_number_are_those_in_order(tmp_path):
    path = tmp_path / "lines.txt"
    expected = [f"line {number} " + "x" * (number % 97) for number in range(3000)]
    path.write_text("\n\n".join(f"  {line}" for line in expected))
    lines = Lines(path)
    assert list(lines) == [line.strip() for line in expected]
    assert [lines[number] for number in range(2999, -1, -7)] == [
        expected[number].strip() for number in range(2999, -1, -7)
    ]


def test_lists_behind_each_other(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text("a.png\tcat\nb.png\tdog\n")
    found = images([tmp_path / "one.txt", tmp_path / "two.txt"])
    assert ids(found) == ["one.txt/a.png", "one.txt/b.png", "two.txt/a.png", "two.txt/b.png"]
    assert found.classes == ("cat", "dog")


@pytest.mark.slow
def test_twenty_thousand_lines_are_not_held(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("".join(f"folder/{number % 10}/{number:06}.png\t{number % 10}\n" for number in range(20_000)))
    tracemalloc.start()
    try:
        found = images(path)
        assert found[19_999].id == "folder/9/019999.png"
        assert sum(picture.label == "3" for picture in found) == 2000
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 20_000
    assert held < 100_000  # bytes; the names alone have 500,000

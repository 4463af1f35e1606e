"""Archives of the webdataset kind: nothing on disk, nothing believed."""

import io
import os
import pickle
import random
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from phosphene.errors import PhospheneError, UsageError
from phosphene.sources.braces import expanded
from phosphene.sources.images import images
from phosphene.sources.tar_headers import TarDamaged, headers
from tests.sources.pictures import encoded, noise

PNG = encoded(noise(4, 4))


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, io.BytesIO(content)


def archive(path, *members, format=tarfile.PAX_FORMAT):
    """Write an archive of (name, content) pairs and of what `member` returns."""
    with tarfile.open(path, "w", format=format) as out:
        for first, second in members:
            out.addfile(*(member(first, second) if isinstance(first, str) else (first, second)))
    return path


def told(found):
    return [(picture.id, picture.label) for picture in found]


def ids(found):
    return [picture.id for picture in found]


def test_classes_stand_beside_the_pictures(tmp_path):
    path = archive(
        tmp_path / "x.tar",
        *(("a/0002.png", PNG), ("a/0002.cls", b"7\n")),
        *(("a/0001.json", b'{"caption": "one", "label": "dog"}'), ("a/0001.seg.png", PNG), ("a/0001.jpg", PNG)),
        *(("a/0003.JPEG", PNG), ("a/0003.txt", b"cat")),
        *(("a/0004.png", PNG), ("a/0004.txt", b"no class: " + 100 * b"x"), ("a/0004.json", b"[[[" * 50_000)),
    )
    found = images(path)
    assert told(found) == [
        ("x.tar/a/0002.png", "7"),
        ("x.tar/a/0001.seg.png", "dog"),
        ("x.tar/a/0001.jpg", "dog"),
        ("x.tar/a/0003.JPEG", "cat"),
        ("x.tar/a/0004.png", None),
    ]
    assert (found.name, found.classes) == ("x.tar", ("7", "cat", "dog"))
    assert len(list(found.readable())) == 5


def test_folders_are_classes_where_nothing_stands_beside(tmp_path):
    path = archive(
        tmp_path / "x.tar",
        (member("set", type=tarfile.DIRTYPE)),
        *(("set/train/dog/1.png", PNG), ("set/test/cat/1.png", PNG), ("set/README.md", b"x"), ("set/._1.png", b"x")),
    )
    assert told(images(path)) == [("x.tar/set/train/dog/1.png", "dog"), ("x.tar/set/test/cat/1.png", "cat")]
    assert told(images(path, split="test")) == [("x.tar/set/test/cat/1.png", "cat")]
    with pytest.raises(UsageError, match=r"x\.tar has no split 'val'; it has test and train"):
        images(path, split="val")


def test_captions_are_no_classes(tmp_path):
    members = [(f"{i}.{end}", text) for i in range(1100) for end, text in (("png", PNG), ("txt", b"caption %d" % i))]
    assert images(archive(tmp_path / "x.tar", *members)).classes == ()


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_pixels_and_long_names_in_every_format(tmp_path, format):
    short, long = ("café.png" if format != tarfile.USTAR_FORMAT else "cafe.png"), f"{'folder/' * 14}{'n' * 90}.png"
    path = archive(tmp_path / "x.tar", (short, PNG), (long, encoded(noise(9, 7))), ("z.png", PNG), format=format)
    found = images(path)
    assert ids(found) == [f"x.tar/{name}" for name in (short, long, "z.png")]
    assert (np.asarray(found[1].open()) == noise(9, 7)).all()


def test_what_is_no_ordinary_file_or_leads_out_is_passed_over_with_a_reason(tmp_path):
    (tmp_path / "secret.png").write_bytes(PNG)
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99999999999"}
    path = archive(
        tmp_path / "x.tar",
        ("good.png", PNG),
        member("link.png", type=tarfile.SYMTYPE, linkname=str(tmp_path / "secret.png")),
        member("hard.png", type=tarfile.LNKTYPE, linkname="good.png"),
        member("pipe.png", type=tarfile.FIFOTYPE),
        member("device.png", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        member("../up.png", PNG),
        member("/root.png", PNG),
        member("a/../../b.png", PNG),
        member("sparse.png", b"0\n", pax_headers=sparse),
        member("odd.png", PNG, type=b"V"),
        ("last.png", PNG),
    )
    before = sorted(tmp_path.rglob("*"))
    found = images(path)
    assert [picture.id for picture, _ in found.readable()] == ["x.tar/good.png", "x.tar/last.png"]
    reasons = {failure.id.removeprefix("x.tar/"): failure.reason for failure in found.failures}
    assert reasons == {
        **dict.fromkeys(("link.png", "hard.png"), "it is a link, which is not followed"),
        **dict.fromkeys(("pipe.png", "device.png"), "it is a device or a pipe, not an ordinary file"),
        **dict.fromkeys(("up.png", "root.png", "a/b.png"), "its name leads out of the archive"),
        "sparse.png": "it is a sparse file, which is not read",
        "odd.png": "it is not an ordinary file",
    }
    assert len(found) == len(reasons) + 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sparse_file_of_gnu_tar_does_not_hide_what_follows(tmp_path):
    info, content = member("holes.png", PNG, type=tarfile.GNUTYPE_SPARSE)
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[482] = 1  # its map goes on in one more block
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:]))
    rest = archive(tmp_path / "rest.tar", ("next.png", PNG)).read_bytes()
    (tmp_path / "x.tar").write_bytes(bytes(header) + bytes(512) + content.read().ljust(512, b"\0") + rest)
    found = images(tmp_path / "x.tar")
    assert [picture.id for picture, _ in found.readable()] == ["x.tar/next.png"]
    assert [failure.reason for failure in found.failures] == ["it is a sparse file, which is not read"]


def test_what_is_too_large_is_not_read(tmp_path):
    info, _ = member("huge.png")
    info.size = 1 << 40
    with (tmp_path / "x.tar").open("wb") as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        out.truncate(1 << 31)  # takes no room on the disk
    found = images(tmp_path / "x.tar")
    assert not list(found.readable())
    assert found.failures[0].reason == "the file has 1099511 MB, more than 400"


def test_an_archive_cut_short_gives_what_is_there(tmp_path):
    path = archive(tmp_path / "x.tar", *((f"{i}.png", encoded(noise(20, 20, seed=i))) for i in range(3)))
    whole = path.read_bytes()
    path.write_bytes(whole[: 2 * (512 + 1536) + 512 + 700])  # in the third picture
    found = images(path)
    assert [picture.id for picture, _ in found.readable()] == ["x.tar/0.png", "x.tar/1.png"]
    assert found.failures[0].reason == "the file is cut short"
    path.write_bytes(whole[: 2 * (512 + 1536) + 200])  # in its header
    found = images(path)
    assert len(list(found.readable())) == 2
    assert [(f.id, f.reason) for f in found.failures] == [
        ("x.tar/(the rest)", "the archive is damaged from here on (it is cut short)")
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"x\.tar is not a readable \.tar archive \(it is cut short\)"),
        (b"hello" * 200, r"is not a readable \.tar archive \(a header in it is wrong\)"),
        (b"\x1f\x8b" + bytes(600), r"\(a header in it is wrong, but is compressed; unpack it once: gunzip FILE\)"),
        (bytes(1024), "holds no pictures"),
    ],
)
def test_what_is_no_archive_is_refused_in_a_sentence(tmp_path, content, sentence):
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(PhospheneError, match=sentence):
        images(tmp_path / "x.tar")


def test_a_compressed_archive_is_refused_with_what_to_do(tmp_path):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as out:
        out.addfile(*member("a.png", PNG))
    with pytest.raises(PhospheneError, match="unpack it once: gunzip FILE"):
        images(tmp_path / "x.tar.gz")


def shard(path, numbers):
    return archive(path, *((f"{i:03}.png", encoded(np.full((2, 2, 3), i, np.uint8))) for i in numbers))


def value(picture):
    return picture.open().getpixel((0, 0))[0]


def test_shards_by_braces_and_one_by_one_are_the_same(tmp_path):
    paths = [shard(tmp_path / f"s-{i:03}.tar", range(i * 20, i * 20 + 20)) for i in range(10)]
    by_braces, one_by_one = images(tmp_path / "s-{000..009}.tar"), images(paths)
    assert ids(by_braces) == ids(one_by_one) == [f"s-{i // 20:03}.tar/{i:03}.png" for i in range(200)]
    assert by_braces.name == "s-{000..009}.tar"
    assert [value(picture) for picture in by_braces] == list(range(200))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(value, [by_braces[i] for i in range(199, -1, -1)])) == list(range(199, -1, -1))
    assert [value(picture) for picture in pickle.loads(pickle.dumps(list(by_braces)))] == list(range(200))


def test_shards_beside_other_sources_keep_their_names(tmp_path):
    shard(tmp_path / "s.tar", range(2))
    (tmp_path / "p").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "p" / name).write_bytes(PNG)
    assert ids(images([tmp_path / "s.tar", tmp_path / "p"])) == ["s.tar/000.png", "s.tar/001.png", "p/a.png", "p/b.png"]


def test_shards_of_one_name_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        shard(tmp_path / folder / "s.tar", range(1))
    assert ids(images("{one,two}/s.tar")) == ["one/s.tar/000.png", "two/s.tar/000.png"]


def test_a_shard_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shard(tmp_path / "s-0.tar", range(1))
    with pytest.raises(UsageError, match=r"'s-\{0\.\.2\}\.tar' stands for 3 archives, but there is no 's-1\.tar'"):
        images("s-{0..2}.tar")
    with pytest.raises(UsageError, match=r"there is no 's-1\.tar'; did you mean 's-0\.tar'\?"):
        images("s-1.tar")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", "a"),
        ("{08..11}", "08 09 10 11"),
        ("{8..11}", "8 9 10 11"),
        ("{2..0}", "2 1 0"),
        ("{a,b}-{1..2}.tar", "a-1.tar a-2.tar b-1.tar b-2.tar"),
        ("{}", "{}"),
        ("{a}", "{a}"),
    ],
)
def test_braces_are_those_of_a_shell(text, names):
    assert expanded(text) == names.split()


def test_braces_for_too_many_names_are_refused():
    with pytest.raises(UsageError, match="more than 100,000 names"):
        expanded("{0..999999999999}.tar")
    with pytest.raises(UsageError, match="more than 100,000 names"):
        expanded("{1..9}" * 12)


def by_tarfile(path):
    with tarfile.open(path) as opened:
        return [(each.name, each.offset_data, each.size) for each in opened if each.isreg()]


def test_headers_are_those_that_tarfile_reads(tmp_path):
    draw = random.Random(0)
    for trial in range(30):
        members = [
            (("ü/" if trial % 2 else "") + "x" * draw.randrange(1, 240), os.urandom(draw.randrange(3000)))
            for _ in range(draw.randrange(1, 12))
        ]
        path = archive(tmp_path / "x.tar", *members, format=(tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)[trial // 2 % 2])
        with path.open("rb") as stream:
            assert [(each.name, each.begin, each.size) for each in headers(stream)] == by_tarfile(path)


def test_flipped_bytes_end_in_a_picture_or_a_reason(tmp_path):
    whole = archive(
        tmp_path / "x.tar",
        *((f"{'long/' * 30}{i}.png", PNG) for i in range(3)),
        *(member(f"{i}.png", PNG, pax_headers={"comment": "x" * 50}) for i in range(3)),
    ).read_bytes()
    draw = random.Random(1)
    ends = set()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            ends.add(all(each.begin > 0 and each.size >= 0 for each in headers(io.BytesIO(data))))
        except TarDamaged as damaged:
            ends.add(str(damaged))
    assert {True, "a header in it is wrong"} <= ends
    assert False not in ends

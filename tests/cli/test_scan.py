"""``phosphene scan`` and ``phosphene top``, as they are typed."""

import json
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import phosphene as ph
from phosphene.cli import app


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures of several sizes, one of them larger than an atlas's copies, one broken."""
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(0)
    for name, size in {"a": (40, 50), "b": (32, 32), "c": (300, 400), "d": (60, 30)}.items():
        Image.fromarray(draw.integers(0, 256, (*size, 3), np.uint8)).save(folder / f"{name}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def atlas(photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("atlas") / "photos.atlas"
    done = typed("scan", "cifar", photos, "-o", out, "--top", 3)
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.slow
def test_it_says_what_it_kept_and_what_it_passed_over(photos, tmp_path):
    done = typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas")
    assert done.exit_code == 0
    assert "96 units of 2 layers over 4 pictures" in done.stdout
    assert "1 picture was passed over: " in done.stdout


@pytest.mark.slow
def test_for_machines(photos, tmp_path):
    done = typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas", "--layer", "relu2", "--json")
    said = json.loads(done.stdout)
    assert (said["images"], said["units"], said["layers"]) == (4, 64, 1)
    assert [failure["name"] for failure in said["failures"]] == ["broken.png"]
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert events[0]["event"] == "progress"
    assert events[0]["done"] == 5
    assert events[-1]["event"] == "finishing"


@pytest.mark.slow
def test_without_images_none_are_inside(photos, tmp_path):
    typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas", "--no-images")
    with ph.open_atlas(tmp_path / "a.atlas") as atlas:
        assert atlas.complete
        assert atlas.thumbnail(0) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layer", "relu9"), "relu"),
        (("--precision", "int4"), "precision"),
        (("--resume",), "leave --resume out"),
    ],
)
def test_mistakes_get_a_sentence_and_leave_nothing(photos, tmp_path, arguments, said):
    done = typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_file_that_is_there_is_not_overwritten(photos, atlas):
    before = atlas.read_bytes()
    done = typed("scan", "cifar", photos, "-o", atlas)
    assert done.exit_code in (1, 2)
    assert atlas.read_bytes() == before


@pytest.mark.slow
def test_stopped_it_says_how_to_go_on(photos, tmp_path, monkeypatch):
    from phosphene.scan.scanner import Scanner

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Scanner, "add", stopped)
    done = typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas")
    assert done.exit_code == 130
    assert "--resume" in done.stderr
    monkeypatch.undo()
    assert typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas", "--resume").exit_code == 0


@pytest.mark.slow
def test_bf16_is_said_in_the_atlas(photos, tmp_path):
    assert typed("scan", "cifar", photos, "-o", tmp_path / "a.atlas", "--precision", "bf16").exit_code == 0
    with ph.open_atlas(tmp_path / "a.atlas") as atlas:
        assert atlas.manifest.options.precision == "bf16"


@pytest.mark.slow
def test_top_draws_patches_alone_and_beside_projections(photos, atlas, tmp_path):
    assert typed("top", atlas, "relu2:8", "relu1:6", "-o", tmp_path / "patches.png").exit_code == 0
    done = typed("top", atlas, "relu2:8", "--network", "cifar", "--images", photos, "-o", tmp_path / "both.png")
    assert done.exit_code == 0, done.output
    alone, both = (Image.open(tmp_path / f"{name}.png") for name in ("patches", "both"))
    assert np.asarray(alone).std() > 10
    assert np.asarray(both).std() > 10


@pytest.mark.slow
def test_top_needs_the_pictures_where_the_atlas_has_small_copies(photos, atlas, tmp_path):
    done = typed("top", atlas, "relu2:8", "--network", "cifar", "-o", tmp_path / "a.png")
    assert done.exit_code == 2
    assert "--images" in done.stderr
    shutil.copytree(photos, tmp_path / "fewer")
    (tmp_path / "fewer" / "c.png").unlink()
    done = typed(
        "top", atlas, "relu2:8", "--network", "cifar", "--images", tmp_path / "fewer", "-o", tmp_path / "a.png"
    )
    assert done.exit_code == 2
    assert "c.png" in done.stderr


@pytest.mark.slow
def test_top_refuses_another_network(atlas, tmp_path):
    done = typed("top", atlas, "relu2:8", "--network", "cifar-deep", "-o", tmp_path / "a.png")
    assert done.exit_code == 2
    assert "other weights" in done.stderr


def listed(photos, folder):
    (folder / "list.csv").write_text("".join(f"{path},{path.stem}\n" for path in sorted(photos.iterdir())))
    return folder / "list.csv"


def archived(photos, folder):
    with tarfile.open(folder / "x.tar", "w") as out:
        for path in sorted(photos.iterdir()):
            out.add(path, f"val/{path.stem}/{path.name}")
    return folder / "x.tar"


def saved(photos, folder):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed", exc_type=ImportError)
    paths = sorted(photos.iterdir())
    kinds = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    cells = {"image": [{"bytes": path.read_bytes(), "path": None} for path in paths], "label": [p.stem for p in paths]}
    table = datasets.Dataset.from_dict(cells, features=kinds)
    datasets.DatasetDict({"val": table, "test": table.select([0])}).save_to_disk(folder / "set")
    return folder / "set"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "split", "broken"),
    [
        (listed, (), "broken.png"),
        (archived, ("--split", "val"), "x.tar/val/broken/broken.png"),
        (saved, ("--split", "val"), "val/broken/000002"),
    ],
)
def test_other_sources(photos, tmp_path, source, split, broken):
    given = source(photos, tmp_path)
    done = typed("scan", "cifar", given, *split, "-o", tmp_path / "a.atlas", "--layer", "relu2", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["images"] == 4
    assert [failure["name"].endswith(broken) for failure in said["failures"]] == [True]
    assert all(json.loads(line)["event"] in ("progress", "finishing") for line in done.stderr.splitlines())
    done = typed("scan", "cifar", given, *split, "-o", tmp_path / "b.atlas", "--layer", "relu2")
    assert "64 units of 1 layers over 4 pictures" in done.stdout
    with ph.open_atlas(tmp_path / "a.atlas") as one, ph.open_atlas(tmp_path / "b.atlas") as other:
        assert one.content_hash() == other.content_hash()
        assert one.manifest.classes == ("a", "b", "broken", "c", "d")


def test_a_split_that_is_not_there(photos, tmp_path):
    done = typed("scan", "cifar", photos, "--split", "val", "-o", tmp_path / "a.atlas")
    assert done.exit_code == 2
    assert "has no split 'val'" in done.stderr

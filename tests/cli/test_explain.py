"""``phosphene explain`` and ``phosphene trust``, as they are typed."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from phosphene.cli import app

pytestmark = pytest.mark.slow


def typed(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Small pictures of two classes: the atlas holds them whole."""
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (folder / label).mkdir()
        for number in range(8):
            pixels = draw.integers(0, 256, (8, 8, 3), np.uint8).repeat(4, 0).repeat(4, 1)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def atlas(photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("atlas") / "photos.atlas"
    done = typed("scan", "cifar", photos, "-o", out, "--layer", "relu1")
    assert done.exit_code == 0, done.output
    return out


def test_an_atlas_and_a_unit_are_enough(atlas):
    done = typed("explain", atlas, "relu1:3")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("relu1:3 · cifar over 16 pictures")
    for heading in ("What it responds to", "Which pixels drive it", "Do its pictures tell", "Does it matter"):
        assert f"\n{heading}\n" in done.stdout


def test_json_holds_every_figure(atlas, photos):
    done = typed("explain", atlas, "relu1:3", "--image", photos / "dog" / "1.png", "--box", "4,4,20,20", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["unit"] == "relu1:3"
    assert "1 given picture" in told["measured"]
    findings = [finding for section in told["findings"].values() for finding in section]
    assert {"question", "value", "sentence", "baseline", "compared_with", "interval", "caution"} == set(findings[0])
    assert "box" in [finding["question"] for finding in findings]


def test_a_network_is_scanned_for_one_question(photos):
    done = typed("explain", "cifar", "relu1:3", "--images", photos)
    assert done.exit_code == 0, done.output
    assert "over 16 pictures" in done.stdout
    assert "scanning relu1 over 16 pictures" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["relu1:3", "--box", "1,2,3"], "no box"),
        (["relu1:99"], "units 0 to 31"),
        (["relu9:1"], "relu1"),
        (["relu1:3", "--out", "a.png"], "not one unit"),
        (["relu1:3", "--network", "cifar-deep"], "other weights"),
    ],
)
def test_mistakes_get_a_sentence(atlas, words, sentence):
    done = typed("explain", atlas, *words)
    assert done.exit_code == 2, done.output
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_layer_of_an_atlas_says_how_redundant_it_is(atlas, tmp_path):
    done = typed("explain", atlas, "relu1", "--out", tmp_path / "matrix.png", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    kept = typed("query", atlas, "SELECT count(*) FROM units WHERE NOT dead", "--json")
    living = json.loads(kept.stdout)["rows"][0][0]
    assert told["finding"]["sentence"].startswith(f"The {living} living units of relu1 count for ")
    assert 1 <= told["finding"]["value"] <= living
    with Image.open(tmp_path / "matrix.png") as picture:
        assert min(picture.size) > 300
        assert len(picture.convert("RGB").getcolors(2**24)) > 100


def test_trust_fills_the_atlas_and_goes_on(atlas):
    first = typed("trust", "cifar", atlas, "--units", 2, "--examples", 2, "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["new"] == 2
    second = typed("trust", "cifar", atlas, "--units", 3, "--examples", 2)
    assert second.exit_code == 0, second.output
    assert "3 units have trust rows, 1 of them new" in second.stdout
    asked = typed("query", atlas, "SELECT count(DISTINCT unit) FROM trust WHERE question = 'specificity'", "--json")
    assert json.loads(asked.stdout)["rows"] == [[3]]
    other = typed("trust", "cifar", atlas, "--units", 3, "--examples", 5)
    assert other.exit_code != 0
    assert "--again" in other.stderr

"""Whole cards: the planted truths under their headings, on pictures that are found, given, or boxed; and trust rows."""

import shutil
from dataclasses import asdict
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

import phosphene as ph
from phosphene.evidence.card import cards
from phosphene.evidence.filling import Measured, trust
from phosphene.evidence.pictures import ScannedPictures
from tests.evidence import planted


@pytest.fixture(scope="module")
def material(planted_scan):
    net, atlas, pixels = planted_scan
    labels = [row.label for row in atlas.images]
    return net, atlas, planted.image_set(pixels, labels)


@pytest.fixture(scope="module")
def told(material):
    """Cards of five planted units, measured together."""
    net, atlas, images = material
    names = ("green", "copy", "marker", "unread", "dead")
    units = [atlas[planted.address(name)] for name in names]
    return dict(zip(names, cards(net, ScannedPictures(atlas, images), units, examples=3), strict=True))


def said(card, question: str) -> str:
    (found,) = [finding for finding in card.findings if finding.question == question]
    return found.sentence


def test_a_card_names_what_was_planted(told):
    assert "green" in said(told["green"], "explained")
    assert planted.address("upright") in said(told["copy"], "redundancy")
    assert "tells marked from all the rest" in said(told["marker"], "class")
    assert "not one score changes" in said(told["unread"], "ablation scores")
    assert told["unread"].ablation.shift == pytest.approx(0, abs=0)


def test_every_question_has_its_answer_even_of_a_dead_unit(told):
    questions = {name: [finding.question for finding in card.findings] for name, card in told.items()}
    assert len({tuple(asked) for asked in questions.values()}) == 1
    assert len(set(questions["dead"])) == len(questions["dead"])
    for finding in told["dead"].findings:
        assert finding.sentence
        assert finding.caution or not np.isnan(finding.value)


def test_a_card_alone_says_what_it_says_among_others(material, told):
    net, atlas, images = material
    alone = ph.explain(net, atlas, planted.address("green"), images=images, examples=3)
    for one, other in zip(alone.findings, told["green"].findings, strict=True):
        assert one.question == other.question
        if not one.question.startswith(("specificity", "ablation")):  # the others compared with are drawn anew
            assert one.value == pytest.approx(other.value, rel=1e-4, abs=1e-5, nan_ok=True), one.question


def test_a_card_shows_itself(told):
    class Text(HTMLParser):
        seen = ""

        def handle_data(self, data):
            self.seen += data

    reader = Text()
    reader.feed(told["green"]._repr_html_())
    findings = told["green"].findings
    pooled = [finding for finding in findings if finding.question.startswith("occlusion")]
    alike = {f"{finding.value} {finding.baseline}" for finding in pooled}
    assert len(alike) < len(pooled)  # without pooling ways of sending back agree, and are told once
    for text in (str(told["green"]), reader.seen):
        assert len({finding.sentence for finding in pooled if finding.sentence in text}) == len(alike)
        assert all(finding.sentence in text for finding in findings if not finding.question.startswith("occlusion"))


def test_a_picture_that_is_given_is_what_is_looked_at(material):
    net, atlas, _ = material
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[8:24, 8:24] = (30, 220, 40)
    card = ph.explain(net, atlas, planted.address("green"), images=material[2], image=Image.fromarray(pixels))
    assert "1 given picture" in card.measured
    maps = net.record(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255.0, "act")["act"]
    assert card.occlusion.value == pytest.approx([float(maps[0, planted.index("green")].max())], rel=1e-5)


def test_a_box_is_in_the_pixels_of_the_picture(material):
    """The planted unit is after darkness around whatever is in the centre: the surroundings, not the box."""
    net, atlas, images = material
    draw = np.random.default_rng(planted.fresh_seed())
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[13:19, 13:19] = draw.integers(120, 255, 3)
    card = ph.explain(
        net, atlas, planted.address("background"), images=images, image=Image.fromarray(pixels), box=(13, 13, 19, 19)
    )
    assert card.boxed.box == (13, 13, 19, 19)
    assert "around" in card.boxed.finding.sentence or "surround" in card.boxed.finding.sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"unit": "act"}, "whole layer"),
        ({"unit": "act:99"}, "units 0 to 16"),
        ({"box": (40, 40, 50, 50)}, "x0 < x1"),
        ({"box": (9, 9, 3, 3)}, "x0 < x1"),
        ({"net": ph.load("cifar")}, "other weights"),
        ({"images": None}, "--images"),
    ],
)
def test_what_cannot_be_asked(material, options, sentence):
    net, atlas, images = material
    asked = {"net": net, "unit": "act:0", "images": images, **options}
    with pytest.raises(ph.PhospheneError, match=sentence):
        ph.explain(asked.pop("net"), atlas, asked.pop("unit"), **asked)


# -- trust rows --------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(material, tmp_path):
    net, atlas, images = material
    return net, shutil.copy(atlas.path, tmp_path / "copy.atlas"), images


def rows(path) -> dict:
    with ph.open_atlas(path) as atlas:
        return {str(unit): unit.evidence for layer in ("arrange", "act") for unit in atlas[layer] if unit.evidence}


def test_rows_are_the_findings_of_the_cards(copied):
    net, path, images = copied
    assert trust(net, path, images=images, layers=["act"], units=2, examples=3) == 2
    found = rows(path)
    assert len(found) == 2
    with ph.open_atlas(path) as atlas:
        units = [atlas[address] for address in found]
        expected = cards(net, ScannedPictures(atlas, images), units, examples=3)
        for unit, card in zip(units, expected, strict=True):
            kept = {row.question: row for row in unit.evidence}
            for finding in card.findings:
                row = kept.pop(finding.question)
                assert row.value == pytest.approx(finding.value, rel=1e-6, nan_ok=True)
                assert (row.sentence, row.caution) == (finding.sentence, finding.caution)
                assert (row.low, row.high) == (
                    (finding.interval.low, finding.interval.high) if finding.interval else (None, None)
                )
            assert not kept


def test_a_run_that_was_stopped_goes_on_and_ends_the_same(copied, tmp_path, monkeypatch):
    monkeypatch.setattr("phosphene.evidence.filling.TOGETHER", 2)
    net, path, images = copied
    whole = shutil.copy(path, tmp_path / "whole.atlas")

    def stop(event: Measured) -> None:
        if event.done == 2:
            raise KeyboardInterrupt

    options = {"images": images, "layers": ["act"], "units": 3, "examples": 1}
    with pytest.raises(KeyboardInterrupt):
        trust(net, path, tell=stop, **options)
    assert len(rows(path)) == 2
    assert trust(net, path, **options) == 1
    assert trust(net, path, **options) == 0
    trust(net, whole, **options)
    for unit, found in rows(whole).items():
        for one, other in zip(found, rows(path)[unit], strict=True):
            assert {**asdict(one), "value": 0} == {**asdict(other), "value": 0}


def test_other_options_are_not_mixed(copied):
    net, path, images = copied
    trust(net, path, images=images, layers=["act"], units=1, examples=1)
    with pytest.raises(ph.PhospheneError, match="--again"):
        trust(net, path, images=images, layers=["act"], units=2, examples=1, seed=1)
    assert trust(net, path, images=images, layers=["act"], units=1, examples=1, seed=1, again=True) == 1
    with pytest.raises(ph.PhospheneError, match="'act'"):
        trust(net, path, images=images, layers=["akt"])

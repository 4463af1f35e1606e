"""docs/what-not-to-believe.md has every part with its picture and figures; what is quick of it is measured again."""

import re
from pathlib import Path

import pytest
import torch

from phosphene.network import Network
from scripts.criticisms import fooled
from scripts.criticisms.__main__ import PAGE, PARTS, main, renewed, table
from scripts.criticisms.common import Part, likeness, two, untrained

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / PAGE).read_text(encoding="utf-8")


def rows(name):
    """Return the cells of a part's table, its headings left out."""
    inside = TEXT.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in inside.splitlines()[2:]]


def test_every_part_has_figures_and_a_picture():
    for name in PARTS:
        assert len(rows(name)) >= 2, name
        assert not any("nan" in cell for row in rows(name) for cell in row), name
    shown = re.findall(r"\]\((pictures/believe-[^)]+)\)", TEXT)
    assert len(shown) == len(set(shown)) == len(list(DOCS.glob("pictures/believe-*"))) == 1 + len(PARTS)


@pytest.mark.slow
def test_the_planted_units_figures_are_measured_again(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / PAGE).write_text(TEXT, encoding="utf-8")
    main(["fooling"], tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == TEXT
    assert (tmp_path / "pictures" / "believe-fooling.png").stat().st_size > 10_000


def test_no_other_picture_drives_the_planted_units_more():
    net = Network(fooled.Planted().eval(), input_size=(3, 32, 32))
    made = fooled.best_inputs(net)
    noise = torch.rand(200, 3, 32, 32, generator=torch.Generator().manual_seed(1)).round()
    best = [float(net.record(one[None], "act")["act"][0, unit].max()) for unit, one in enumerate(made)]
    assert (net.record(noise, "act")["act"].amax((0, 2, 3)) < torch.tensor(best)).all()
    for unit, one in enumerate(made):
        inverted = net.record(1 - one[None], "act")["act"][0, unit]
        assert float(inverted[16, 16]) < 0.1 * best[unit]


def test_a_part_renews_its_own_table_only():
    text = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n<!-- y: begin -->\nkept\n<!-- y: end -->\n"
    new = renewed(text, Part("x", {}, (("head", "r"), ("row", two(-0.5)))))
    assert new == text.replace("old\n", "| head | r |\n| --- | --- |\n| row | −0.50 |\n")
    assert table([("a",), ("b",)]) == "| a |\n| --- |\n| b |\n"


@pytest.mark.slow
def test_untrained_weights_are_the_same_each_time_and_not_the_trained_ones():
    first, second = (untrained("cifar").model.conv1.weight for _ in range(2))
    assert torch.equal(first, second)
    # He et al. 2015: variance 2 / (3 colours x 25 pixels)
    assert abs(float(first.detach().var()) * 75 / 2 - 1) < 0.1


def test_likeness_is_pearsons_r_and_leaves_out_what_is_empty():
    a = torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0]]).reshape(2, 1, 2, 2)
    assert likeness(a, 5 - 2 * a) == -1.0

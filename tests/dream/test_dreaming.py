"""Dreams as a whole: repeated exactly, nothing of the user's touched, of any input; what they say of themselves."""

import copy
import json
import re
from html import escape

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene.cli.common import _plain
from phosphene.dream.ascent import Plan
from phosphene.dream.judging import measured
from phosphene.dream.making import Making
from phosphene.dream.natural import MEAN, Natural
from phosphene.dream.objective import objective_of
from phosphene.dream.transforms import STILL
from phosphene.errors import UsageError
from phosphene.preprocessing import Preprocessing
from tests.dream.nets import cosine, linear, textured


@pytest.fixture(scope="module")
def net():
    return textured()


@pytest.mark.parametrize("method", ["fourier", "maco"])
def test_the_same_seeds_give_the_same_pictures(net, method):
    once, again = (ph.dream(net, "4:3", method=method, steps=12, seeds=2, count=2, seed=5) for _ in range(2))
    assert torch.equal(once.pictures, again.pictures)
    assert torch.equal(once.activation, again.activation)
    assert once.seeds == (5, 6)
    assert once.pictures.shape == (2, 2, 3, 16, 16)
    flat = once.pictures.flatten(0, 1)
    assert all(float((flat[a] - flat[b]).abs().max()) > 0.01 for a in range(4) for b in range(a))


def test_a_seed_does_not_hang_on_the_others(net):
    both = ph.dream(net, "4:3", steps=4, seeds=2, seed=5)
    alone = ph.dream(net, "4:3", steps=4, seeds=1, seed=6)
    torch.testing.assert_close(both.pictures[1], alone.pictures[0], rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fourier", "maco"])
def test_the_unit_answers_more_than_to_the_first_picture_and_to_real_ones(net, method):
    first, last = (ph.dream(net, "4:3", method=method, steps=steps) for steps in (1, 60))
    assert bool((last.activation > 1.5 * first.activation).all())
    noise = net.record(torch.rand(50, 3, 16, 16), "4")["4"][:, 3].mean((1, 2))
    assert float(last.activation.min()) > float(noise.max())


def test_what_is_said_is_what_the_pictures_do(net):
    dream = ph.dream(net, "4:3", steps=5, seeds=2)
    maps = net.record(dream.pictures[:, 0], "4")["4"][:, 3]
    torch.testing.assert_close(dream.activation[:, 0], maps.mean((1, 2)))
    torch.testing.assert_close(dream.peak[:, 0], maps.amax((1, 2)))
    assert 0 <= float(dream.importance.min()) < float(dream.importance.max()) == 1


def test_nothing_of_the_users_is_touched():
    model = textured().model.train()
    net = ph.Network(model, input_size=(3, 16, 16))
    net.layers()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    ph.dream(net, "4:3", steps=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    assert not any(getattr(module, name) for module in model.modules() for name in hooks)


def test_a_model_that_fails_is_given_back():
    class Fails(nn.Module):
        def forward(self, x):
            if self.armed:
                raise RuntimeError("no more")
            return x

    fails = Fails()
    fails.armed = False
    model = nn.Sequential(nn.Conv2d(3, 2, 3), fails, nn.ReLU()).train()
    net = ph.Network(model, input_size=(3, 8, 8))
    net.layers()
    fails.armed = True
    with pytest.raises(RuntimeError, match="no more"):
        ph.dream(net, "2:0", steps=3)
    assert all(module.training for module in model.modules())


def test_nothing_behind_the_layer_is_computed():
    class Counted(nn.Module):
        runs = 0

        def forward(self, x):
            Counted.runs += 1
            return x * 2

    net = ph.Network(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), Counted()), input_size=(3, 8, 8))
    net.layers()
    Counted.runs = 0
    ph.dream(net, "1:0", steps=3)
    assert Counted.runs == 0


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("method", ["fourier", "maco"])
def test_any_number_of_input_channels(channels, method):
    dream = ph.dream(textured(channels), "4:1", method=method, steps=3, seeds=2)
    assert dream.pictures.shape == (2, 1, channels, 16, 16)
    assert 0 <= float(dream.pictures.min()) <= float(dream.pictures.max()) <= 1
    assert dream.sheet().width > 200


def test_pictures_are_in_the_range_that_the_preprocessing_makes():
    """What the network is given is the picture put through its own preprocessing."""
    seen = []

    class Watch(nn.Module):
        def forward(self, x):
            seen.append(x.detach().clone())
            return x * 1.0

    mean, std = torch.tensor([0.2, 0.5, 0.6])[:, None, None], torch.tensor([0.1, 0.2, 0.4])[:, None, None]
    preprocess = Preprocessing((16, 16), tuple(mean.flatten().tolist()), tuple(std.flatten().tolist()))
    net = ph.Network(nn.Sequential(Watch(), nn.Conv2d(3, 2, 3)), preprocess, input_size=(3, 16, 16))
    net.layers()
    seen.clear()
    dream = ph.dream(net, "1:0", steps=2, seeds=1, movement=STILL)
    begun, finished = seen[0][0] * std + mean, seen[2][0] * std + mean  # two steps, then the pictures are measured
    torch.testing.assert_close(begun.mean((1, 2)), torch.tensor(MEAN), rtol=0, atol=0.02)
    torch.testing.assert_close(finished, dream.pictures[0, 0], rtol=0, atol=1e-5)


def test_a_start_is_what_the_picture_grows_from(net, tmp_path):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, 8:] = (200, 120, 40)
    Image.fromarray(pixels).save(tmp_path / "half.png")
    start = torch.from_numpy(pixels / 255).float().permute(2, 0, 1)
    for given in (str(tmp_path / "half.png"), Image.fromarray(pixels), start[None]):
        dream = ph.dream(net, "4:3", start=given, steps=3, seeds=1)
        assert cosine(dream.pictures[0, 0] - 0.5, start - 0.5) > 0.9
        assert dream.options["start"]


def test_like_takes_the_place_of_photographs(net):
    blue = [Image.new("RGB", (16, 16), (20, 30, 200 + n)) for n in range(9)]
    for n, one in enumerate(blue):
        one.putpixel((n, n), (255, 255, 255))
    dream = ph.dream(net, "4:3", like=blue, steps=2, seeds=1, method="maco")
    red, _, deep = dream.pictures.mean((0, 1, 3, 4))
    assert float(deep) > 0.7
    assert float(red) < 0.2


def test_a_layer_that_the_model_cuts_off():
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach() * 2

    net = ph.Network(nn.Sequential(nn.Conv2d(3, 2, 3), Cut(), nn.ReLU()), input_size=(3, 8, 8))
    with pytest.raises(UsageError, match="the model cuts it off from its input"):
        ph.dream(net, "2:0", steps=3)


def test_every_step_is_told():
    heard = []
    ph.dream(linear(torch.ones(1, 1, 8, 8)), "0:0", steps=3, seeds=3, count=9, tell=heard.append)
    assert [step.done for step in heard] == list(range(1, 10))  # 9 pictures of one seed at a time
    assert {step.total for step in heard} == {9}
    assert heard[2].value > heard[0].value


@pytest.mark.slow
def test_figures_as_plain_numbers_and_pictures(net, tmp_path):
    dream = ph.dream(net, ["4:3", "0:1"], mix=0.5, steps=3, count=2, method="maco")
    told = json.loads(json.dumps(_plain(dream.told())))
    assert told["raised"] == "50% 4:3 + 50% 0:1"
    assert np.shape(told["activation"]) == (3, 2)
    assert told["options"]["seeds"] == [0, 1, 2]
    assert dream._repr_png_().startswith(b"\x89PNG")
    for ending in ("png", "svg", "pdf"):
        dream.figure().save(tmp_path / f"a.{ending}")
    text = (tmp_path / "a.svg").read_text()
    assert text.count("<image ") == 12  # each picture, and what of it mattered
    assert "textured · 50% 4:3 + 50% 0:1" in text
    assert "Between seeds" in text


def test_in_a_notebook_it_shows_its_pictures_and_what_is_to_be_said(net):
    dream = ph.dream(net, "4:3", steps=3, seeds=2, count=2)
    page = dream._repr_html_()
    assert page.count("<img ") == 4
    assert 'alt="what drives 4:3, from seed 1: ' in page
    assert all(escape(sentence) in page for sentence in dream.sentences)
    assert not re.search(r"https?:|<style|<script|src=\"(?!data:)", page)


def test_seeds_that_began_with_the_same_picture_agree_for_that_reason(net):
    dream = ph.dream(net, "4:3", start=torch.rand(1, 3, 16, 16), steps=2, seeds=2)
    assert dream.agreement.pixels > 0.9
    assert "Caution: all seeds began with the same picture, so their agreement says little." in dream.sentences


def test_one_seed_says_that_it_is_one(net):
    assert ph.dream(net, "4:3", steps=2, seeds=1).sentences == (
        "Caution: one seed only: another may show something else.",
    )


def test_of_a_position_what_it_sees_is_drawn():
    """A 3x3 patch, another 3x3 over pooled pairs: 8 pixels; one pixel of shift either way."""
    dream = ph.dream(textured(), "3:2", position=(4, 5), steps=2, seeds=1)
    assert dream.seen == (4, 6, 14, 16)
    (tile,) = dream.figure().tiles
    assert tile.picture.size == (10, 10)
    assert ph.dream(textured(), "3:2", steps=2, seeds=1).seen is None


def test_what_the_layer_answers_leaves_out_the_unit_itself(net):
    pictures = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    making = Making(net, objective_of(net, "4:3"), "fourier", Plan(1, 0.1, STILL), Natural.usual(3, (16, 16)), None)
    wanted = net.record(pictures, "4")["4"].mean((2, 3))
    torch.testing.assert_close(measured(making, pictures)[2], wanted[:, [0, 1, 2, 4, 5, 6, 7]])

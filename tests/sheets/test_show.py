"""What `phosphene show` draws of how many units and images, and how much memory it lets the engine take."""

import pytest
import torch
from PIL import Image
from torch import nn

from phosphene import memory
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.sheets import show as module
from phosphene.sheets.show import addresses, show
from phosphene.sources.images import images


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return Network(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1)), input_size=(3, 16, 16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures")
    for number in range(7):
        Image.effect_noise((16, 16), 20.0 + 10 * number).convert("RGB").save(path / f"{number}.png")
    return images(str(path))


@pytest.fixture
def asked(monkeypatch):
    """The engine's calls: how many images, how much memory."""
    calls = []
    real = module.project

    def project(net, batch, *rest, memory):
        calls.append((len(batch), memory))
        return real(net, batch, *rest, memory=memory)

    monkeypatch.setattr(module, "project", project)
    return calls


# Of one image: 4 x 16 x 16 values twice and 2 x 16 x 16 once are kept, and 5 x 4 x 16 x 16 go back; 4 bytes each.
AN_IMAGE = 4 * 256 * (4 + 4 + 2 + 5 * 4)


@pytest.mark.parametrize(
    ("allowed", "counts"), [(3 * AN_IMAGE, [3, 3, 1]), (4 * AN_IMAGE - 1, [3, 3, 1]), (1, [1] * 7)]
)
def test_images_go_in_parts_that_fit_and_give_the_same(net, folder, asked, allowed, counts):
    small = show(net, folder, addresses(net, "2:1", []), memory=allowed)
    assert asked == [(count, allowed) for count in counts]
    whole = show(net, folder, addresses(net, "2:1", []))
    assert asked[len(counts) :] == [(7, None)]
    torch.testing.assert_close(torch.tensor(small.activation), torch.tensor(whole.activation))


def test_a_shallow_layer_takes_more_images_at_once(net, folder, asked):
    show(net, folder, addresses(net, "0:1", []), memory=5 * 4 * 256 * (4 + 5 * 4))
    assert [count for count, _ in asked] == [5, 2]


def test_without_a_limit_half_of_what_is_free_counts(net, folder, asked, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: 2 * 2 * AN_IMAGE)
    show(net, folder, addresses(net, "2:1", []))
    assert asked == [(2, None), (2, None), (2, None), (1, None)]


def test_more_units_than_a_sheet_holds(net, folder):
    wide = Network(nn.Conv2d(3, module.MOST_TILES + 1, 1), input_size=(3, 4, 4), name="wide")
    with pytest.raises(UsageError, match="1201 units do not fit on one sheet; name up to 1200 of them with --unit"):
        show(wide, folder.take(1, 0), addresses(wide, wide.layers()[0].name, []))

"""What the network takes a picture for: the softmax of its own scores."""

from math import exp

import pytest
import torch
from torch import nn

import phosphene as ph
from tests.explore.live import handmade


def test_scores_are_the_softmax_of_half_and_the_red_light(live):
    answer = live.answer("predictions", {"image": "7"})
    dim, bright = exp(0.5), exp(handmade.red(7))
    assert [each["name"] for each in answer["classes"]] == ["bright", "dim"]
    assert [each["score"] for each in answer["classes"]] == pytest.approx(
        [bright / (dim + bright), dim / (dim + bright)], rel=1e-6
    )
    assert answer["note"] == ""
    assert live.answer("predictions", {"image": "1"})["classes"][0]["name"] == "dim"


def test_the_ten_best_of_many_and_a_softmax_over_all(hand_atlas):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 30))
    live = handmade.live(ph.Network(model, input_size=(3, 8, 8)), hand_atlas)
    answer = live.answer("predictions", {"image": "5"})
    with torch.no_grad():
        scores = model(handmade.inputs(5))[0].double().exp()
    best = scores.argsort(descending=True)[:10].tolist()
    assert [each["name"] for each in answer["classes"]] == [f"output {output}" for output in best]
    assert [each["score"] for each in answer["classes"]] == pytest.approx((scores / scores.sum())[best].tolist())
    assert answer["note"] == "Its outputs have no names."


@pytest.mark.parametrize("model", [nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())])
def test_a_network_that_ends_in_maps_has_no_predictions(hand_atlas, model):
    live = handmade.live(ph.Network(model, input_size=(3, 8, 8)), hand_atlas)
    assert live.answer("predictions", {"image": "5"}) == {
        "classes": [],
        "note": "This network does not end in one score for each class.",
    }


def test_scores_that_are_no_numbers(hand_atlas):
    net = handmade.network()
    net.model.fc.bias[1] = float("nan")
    answer = handmade.live(net, hand_atlas).answer("predictions", {"image": "5"})
    assert [each["score"] for each in answer["classes"]] == [None, None]
    assert answer["note"] == "The scores are not finite."

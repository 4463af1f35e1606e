"""What is raised, by hand; and every mistake as one sentence."""

import pytest
import torch

import phosphene as ph
from phosphene.dream.objective import objective_of, position_of
from phosphene.errors import UsageError
from phosphene.network import Unit
from tests.dream.nets import textured


@pytest.fixture(scope="module")
def net():
    return textured()


@pytest.fixture(scope="module")
def maps(net):
    return net.record(torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1)), ["0", "4"])


def test_a_unit_is_the_mean_of_its_map(net, maps):
    objective = objective_of(net, "4:3")
    assert objective.unit == Unit("4", 3)
    assert objective.name == "4:3"
    torch.testing.assert_close(objective.value(maps), maps["4"][:, 3].mean((1, 2)))
    torch.testing.assert_close(objective.peak(maps), maps["4"][:, 3].amax((1, 2)))


@pytest.mark.parametrize(("position", "place"), [("centre", (4, 4)), ((0, 7), (0, 7))])
def test_a_position_is_one_value(net, maps, position, place):
    objective = objective_of(net, "4:3", position)
    torch.testing.assert_close(objective.value(maps), maps["4"][:, 3, place[0], place[1]])
    assert objective.name == f"4:3 at {place[0]},{place[1]}"


def test_a_direction_counts_only_where_it_points_to(net, maps):
    weights = torch.arange(8.0) - 3
    value = objective_of(net, "4", direction=weights).value(maps)
    wanted = sum(weight * maps["4"][:, unit] for unit, weight in enumerate(weights)) / weights.square().sum().sqrt()
    torch.testing.assert_close(value, wanted.mean((1, 2)))
    torch.testing.assert_close(objective_of(net, "4", direction=(weights * 7).tolist()).value(maps), value)
    assert objective_of(net, "4", direction=weights).unit is None


def test_two_units_may_lie_in_different_layers(net, maps):
    objective = objective_of(net, ("0:1", "4:2"), mix=0.3)
    assert objective.layers == ("0", "4")
    assert objective.name == "70% 0:1 + 30% 4:2"
    wanted = 0.7 * maps["0"][:, 1].mean((1, 2)) + 0.3 * maps["4"][:, 2].mean((1, 2))
    torch.testing.assert_close(objective.value(maps), wanted)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": "4"}, "4 is a whole layer; name a unit of it, such as '4:0', or give a direction"),
        ({"target": "4:9"}, "4 has units 0 to 7, so there is no unit 9"),
        ({"target": "9:0"}, "textured has no layer '9'"),
        ({"target": ["4:0", "4:1", "4:2"]}, "a picture is of one unit or of two, not of 3"),
        ({"target": []}, "not of 0"),
        ({"target": "4:0", "mix": 0.5}, "a mix is of two units; name a second one or leave the mix out"),
        ({"target": ["4:0", "4:1"], "mix": 1.5}, "a part from 0 (the first alone) to 1 (the second), not 1.5"),
        ({"target": "4:0", "direction": [1.0] * 8}, "a direction is one of a whole layer; give it with '4' alone"),
        ({"target": "4", "direction": [1.0] * 7}, "8 finite numbers, not all nought; 7 were given"),
        ({"target": "4", "direction": [0.0] * 8}, "not all nought"),
        ({"target": "4", "direction": [float("nan")] * 8}, "8 finite numbers"),
        ({"target": "4:0", "position": (8, 0)}, "position 8,0 is outside the map of 4: 8 rows, 8 columns"),
        ({"target": "4:0", "position": "middle"}, "there is no position 'middle'; type centre"),
        ({"target": "4:0", "method": "macro"}, "there is no method 'macro'; did you mean 'maco'?"),
        ({"target": "4:0", "steps": 0}, "steps is at least 1, not 0"),
        ({"target": "4:0", "rate": -1.0}, "rate is at least 0, not -1"),
        ({"target": "4:0", "diversity": float("nan")}, "diversity is at least 0, not nan"),
        ({"target": "4:0", "start": torch.zeros(2, 3, 16, 16)}, "starts with one picture, as a tensor (1, 3, 16, 16)"),
        ({"target": "4:0", "like": []}, "cannot be told from 0"),
    ],
)
def test_mistakes(net, arguments, said):
    with pytest.raises(UsageError) as raised:
        ph.dream(net, **arguments)
    assert said in str(raised.value)


def test_positions_as_they_are_typed():
    assert [position_of(text) for text in ("map", "centre", "3,12")] == [None, "centre", (3, 12)]
    with pytest.raises(UsageError, match="no position 'center'; did you mean 'centre'"):
        position_of("center")

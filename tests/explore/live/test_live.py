"""What holds for every answer: JSON, one sentence for a mistake, an end when nobody waits, nothing left behind."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phosphene.errors import PhospheneError, UsageError
from phosphene.explore.live import Cancelled, Live
from phosphene.explore.live.asked import PARAMETERS
from phosphene.explore.live.live import ANSWERS
from phosphene.explore.site import Site
from tests.explore.live import handmade

IMAGE, UNIT, LAYER = {"image": "7"}, {"unit": "act:0"}, {"layer": "act"}
GOOD = {
    "predictions": IMAGE,
    "layer": IMAGE | LAYER,
    "unit": IMAGE | UNIT,
    "place": IMAGE | LAYER | {"x": "0.5", "y": "0.5"},
    "hide": IMAGE | LAYER | {"box": "0,0,0.5,0.5"},
    "over": UNIT,
    "projections": UNIT,
    "tuning": UNIT,
}
KEYS = {
    "predictions": "classes note",
    "layer": "columns cell sprite units note",
    "unit": "value quantile place box picture map projection patch projected_patch empty rules_used note",
    "place": "place box units of",
    "hide": "picture classes units note",
    "over": "columns cell pictures projections images note",
    "projections": "columns cell sprite empty reach note",
    "tuning": "charts sentences",
}


def test_every_answer_is_tried():
    assert list(GOOD) == list(ANSWERS) == list(KEYS)


@pytest.mark.parametrize("name", GOOD)
def test_answers_are_json_with_the_agreed_keys(live, name):
    answer = live.answer(name, GOOD[name])
    assert " ".join(answer) == KEYS[name]
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("name", GOOD)
def test_without_a_network_it_says_why(hand_atlas, name):
    with pytest.raises(UsageError, match=r"^the weights are not here$"):
        Live(Site(hand_atlas, without="the weights are not here"), {}).answer(name, GOOD[name])


def test_an_answer_that_does_not_exist(live):
    with pytest.raises(UsageError, match="no answer 'unti'; did you mean 'unit'"):
        live.answer("unti", {})


WRONG = [
    ("unit", {"image": ""}, "image is missing"),
    ("unit", {"image": "10"}, "has no image 10"),
    ("unit", {"image": "-1"}, "no picture '-1' here any more"),
    ("unit", {"image": "9" * 30}, "no picture '9999"),
    ("unit", {"image": "u-gone"}, "no picture 'u-gone' here any more; give it again"),
    ("unit", {"image": "../etc"}, "no picture '../etc'"),
    ("unit", {"unit": ""}, "unit is missing; give an address such as"),
    ("unit", {"unit": "act"}, "'act' is a whole layer; name one unit of it, such as 'act:0'"),
    ("unit", {"unit": "act:4"}, "act has units 0 to 3"),
    ("unit", {"unit": "acd:1"}, "no layer 'acd'; did you mean 'act'"),
    ("unit", {"unit": "act:" + "9" * 5000}, "unit is longer than 1000 characters"),
    ("unit", {"rule": "guide"}, "no rule 'guide'; did you mean 'guided'"),
    ("unit", {"unpool": "x"}, "no unpool 'x'; choose one of switches, fill"),
    ("unit", {"position": "top"}, "no position 'top'; give peak, map"),
    ("unit", {"position": "8,0"}, r"position \(8, 0\) is outside the map of 8 rows"),
    ("unit", {"position": "1,2,3"}, "no position '1,2,3'"),
    ("unit", {"uint": "act:1"}, "no parameter 'uint'; did you mean 'unit'"),
    ("layer", {"layer": "nothing"}, "hand has no layer 'nothing'"),
    ("layer", {"show": "maps"}, "no show 'maps'; did you mean 'map'"),
    ("layer", {"scale": "big"}, "no scale 'big'; choose one of tile, shared"),
    ("place", {"x": "1.01"}, "'1.01' is not from 0 to 1"),
    ("place", {"y": "nan"}, "'nan' is not from 0 to 1"),
    ("place", {"y": "middle"}, "'middle' is not from 0 to 1"),
    ("hide", {"box": "0,0,1"}, "box has 3 numbers; give x0,y0,x1,y1"),
    ("hide", {"box": "0,0,1,inf"}, "'inf' is not from 0 to 1"),
    ("hide", {"box": "0.5,0,0.5,1"}, "the box 0.5,0,0.5,1 is empty"),
    ("hide", {"fill": "gray"}, "no fill 'gray'; did you mean 'grey'"),
    ("over", {"choose": "best"}, "no choose 'best'"),
    ("over", {"choose": "class"}, "class is missing; give one of the classes"),
    ("over", {"choose": "class", "class": "evn"}, "no class 'evn'; did you mean 'even'"),
    ("over", {"count": "61"}, "count is a whole number from 1 to 60, not '61'"),
    ("over", {"count": "0"}, "from 1 to 60"),
    ("over", {"count": "1e1"}, "from 1 to 60"),
    ("over", {"seed": "-1"}, "seed is a whole number from 0"),
    ("over", {"unit": "fc:0"}, "the atlas has no layer 'fc'"),
    ("projections", {"count": "13"}, "from 1 to 12"),
    ("tuning", {"unit": "act:1"}, "act:1 is dead, so that nothing drives it"),
]


@pytest.mark.parametrize(("name", "wrong", "said"), WRONG)
def test_mistakes_are_told_in_one_sentence(live, name, wrong, said):
    with pytest.raises(UsageError, match=said) as error:
        live.answer(name, GOOD[name] | wrong)
    assert "\n" not in str(error.value)


@pytest.mark.slow
@given(
    st.sampled_from([*GOOD]),
    st.dictionaries(st.sampled_from([*PARAMETERS]), st.text(max_size=8) | st.from_regex(r"[0-9.,:-]{1,8}"), max_size=3),
)
def test_whatever_is_asked_there_is_an_answer_or_a_sentence(hand_atlas, name, changed):
    live = handmade.live(handmade.network(), hand_atlas)
    with suppress(PhospheneError):
        json.dumps(live.answer(name, GOOD[name] | changed), allow_nan=False)


@pytest.mark.parametrize("name", GOOD)
def test_an_answer_nobody_waits_for_is_left(live, name):
    def after(looks):
        left = iter(range(looks))
        return lambda: next(left, None) is None

    for looks in (0, 1):
        with pytest.raises(Cancelled):
            live.answer(name, GOOD[name], after(looks if name != "predictions" else 0))
    assert live.answer(name, GOOD[name]) == live.answer(name, GOOD[name])


def test_a_question_leaves_nothing_behind(live, hand_atlas):
    before = live.answer("unit", GOOD["unit"])
    live.answer("unit", GOOD["unit"] | {"rule": "gradient", "position": "1,1"})
    live.answer("unit", GOOD["unit"] | {"image": "3"})
    live.answer("hide", GOOD["hide"])
    assert live.answer("unit", GOOD["unit"]) == before
    fresh = handmade.live(handmade.network(), hand_atlas)
    assert fresh.answer("unit", GOOD["unit"]) == before


def test_what_is_asked_again_is_not_computed_again(net, live):
    live.answer("place", GOOD["place"])
    net.scale, net.layers()
    calls = net.model.calls
    live.answer("place", GOOD["place"] | {"x": "0.1"})
    live.answer("layer", GOOD["layer"])
    assert net.model.calls == calls
    live.answer("unit", GOOD["unit"] | {"unit": "act:3"})
    assert net.model.calls == calls + 1  # forward for the way back


def test_a_picture_is_prepared_once(net, hand_atlas):
    class Counted(dict):
        taken = 0

        def get(self, name):
            self.taken += 1
            return self[name]

    uploads = Counted({"u-1": handmade.photo(9)})
    live = handmade.live(net, hand_atlas, uploads)
    for unit in ("act:0", "act:3", "pool:0"):
        live.answer("unit", {"image": "u-1", "unit": unit})
    assert uploads.taken == 1


def test_an_upload_that_was_given_up_is_gone_although_it_was_seen(net, hand_atlas):
    uploads = {"u-1": handmade.photo(9)}
    live = handmade.live(net, hand_atlas, uploads)
    assert live.answer("predictions", {"image": "u-1"}) == live.answer("predictions", {"image": "9"})
    del uploads["u-1"]
    with pytest.raises(UsageError, match="'u-1' here any more"):
        live.answer("predictions", {"image": "u-1"})

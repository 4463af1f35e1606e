"""Tuning curves: what a unit was made for comes first, and measuring stops when nobody waits."""

import pytest

from phosphene.explore.live import Cancelled


def test_the_red_unit_likes_red(live):
    answer = live.answer("tuning", {"unit": "act:0"})
    assert "red" in answer["sentences"][0]
    assert all(chart.startswith("<svg") for chart in answer["charts"])


def test_measuring_stops_between_two_runs_of_the_network(net, live):
    live.answer("place", {"image": "7", "layer": "act", "x": "0", "y": "0"})
    wanted = iter([False] * 3)
    before = net.model.calls
    with pytest.raises(Cancelled):
        live.answer("tuning", {"unit": "act:0"}, lambda: next(wanted, True))
    assert net.model.calls == before + 2  # the first look is before anything is done

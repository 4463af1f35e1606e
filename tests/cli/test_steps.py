"""Progress in steps."""

from phosphene.cli.steps import EVERY, Steps


def test_a_long_step_says_how_far_it_is_and_how_long_it_takes(capsys, monkeypatch):
    now = iter([0.0, 0.5, EVERY, EVERY + 0.5])
    monkeypatch.setattr("phosphene.cli.steps.monotonic", lambda: next(now))
    steps = Steps()
    for done in (0, 10, 1000, 1010):
        steps("looking", done, 4000)
    assert capsys.readouterr().err == f"looking …\n  1,000 of 4,000, {3 * EVERY:.0f} s left\n"

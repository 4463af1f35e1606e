"""The search for the name that was meant."""

import pytest

from phosphene.errors import PhospheneError, UsageError, did_you_mean


@pytest.mark.parametrize(
    ("wrong", "advice"), [("conv3", "; did you mean 'conv1'?"), ("relu", "; did you mean 'relu1'?"), ("xyz", "")]
)
def test_the_nearest_name(wrong, advice):
    assert did_you_mean(wrong, ["conv1", "relu1", "pool1"]) == advice


def test_wrong_usage_is_caught_as_any_error_of_ours():
    with pytest.raises(PhospheneError):
        raise UsageError("there is no layer 'x'")

"""The picture that drives a unit most."""

from phosphene.dream.dreaming import dream
from phosphene.dream.making import Stepped
from phosphene.dream.result import Dream, Method
from phosphene.dream.settings import METHODS

__all__ = ["METHODS", "Dream", "Method", "Stepped", "dream"]

"""The small network, its pictures and its scan, as the story's tests have them."""

from tests.story.conftest import atlas, material, net, pictures

__all__ = ["atlas", "material", "net", "pictures"]

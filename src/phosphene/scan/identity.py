"""What a scan is a scan of: the network's weights, its preprocessing, and the images, as hashes or words."""

from __future__ import annotations

import hashlib

import torch
from torch import nn

from phosphene.atlas.records import Manifest
from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.preprocessing import Preprocessing
from phosphene.sources.images import Picture


def weights_hash(model: nn.Module) -> str:
    """Return the SHA-256 of all parameters and buffers, with their names, shapes and number formats."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        cells = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {tuple(cells.shape)} {cells.dtype}".encode())
        digest.update(memoryview(cells.flatten().view(torch.uint8).numpy()) if cells.numel() else b"")
    return digest.hexdigest()


def preprocessing_words(preprocess: object) -> str:
    """Say what a preprocessing does, as far as it tells: the same words for the same settings."""
    if isinstance(preprocess, Preprocessing) or type(preprocess).__module__.startswith("torchvision."):
        return repr(preprocess)
    return f"{type(preprocess).__module__}.{getattr(preprocess, '__qualname__', type(preprocess).__qualname__)}"


def same_network(net: Network, manifest: Manifest) -> None:
    """Raise UsageError if ``net`` is not the network that an atlas's manifest names, weight by weight."""
    if weights_hash(net.model) != manifest.weights:
        raise UsageError(
            f"the atlas is of {manifest.network} with other weights than {net.name} has here; give the same --weights"
        )


class Fingerprint:
    """A running SHA-256 over the pictures' ids and classes, and what their source tells of their content."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, picture: Picture) -> None:
        """Take in one more picture."""
        said = (picture.id, picture.label, _mark(picture.source))
        self._digest.update(repr(said).encode("utf-8", "surrogateescape"))

    @property
    def text(self) -> str:
        """The hash of all pictures so far."""
        return self._digest.hexdigest()


def _mark(source: object) -> str:
    """Return what tells one content of a source from another without reading it: a size, a checksum."""
    mark = getattr(source, "mark", None)
    return str(mark()) if callable(mark) else ""

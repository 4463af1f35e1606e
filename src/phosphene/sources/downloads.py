"""Published weights, fetched once into the place where PyTorch keeps them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import urlparse

import torch

from phosphene.errors import PhospheneError


def downloaded(spec: str, url: str) -> Path:
    """Return the file of published weights that ``url`` names, from PyTorch's own cache or from the network.

    The file's name ends in the first digits of its SHA-256, which is checked.

    Raises:
        PhospheneError: the network or the disk failed; the sentence says how to do without.
    """
    name = Path(urlparse(url).path).name
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if path.is_file():
        return path
    digest = re.search(r"-([0-9a-f]{8,})\.", name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        progress = sys.stderr.isatty()
        torch.hub.download_url_to_file(url, str(path), digest[1] if digest else None, progress=progress)
    except (OSError, RuntimeError) as error:
        raise PhospheneError(
            f"the weights of {spec} could not be downloaded ({_short(error)}); fetch {url} where there is a network, "
            f"and give the file as weights"
        ) from error
    return path


def _short(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error).splitlines()[0]

"""Where downloads are kept: the user's cache folder, never the working directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return Phosphene's folder in the user's cache; `PHOSPHENE_CACHE` in the environment overrides it."""
    if chosen := environment.get("PHOSPHENE_CACHE"):
        return Path(chosen).expanduser()
    if platform == "win32":
        base = environment.get("LOCALAPPDATA", "~/AppData/Local")
    elif platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "phosphene"

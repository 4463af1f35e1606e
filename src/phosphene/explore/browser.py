"""Opening a page for whoever sits at this machine, if anybody does."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser


def is_there() -> bool:
    """Tell whether a window would open, and be seen: not on a server, nor in a terminal from afar."""
    if os.environ.get("SSH_CONNECTION") or os.environ.get("CI"):
        return False
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False  # a browser for the terminal would take it over
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def show(url: str) -> None:
    """Open a page; some browsers are waited for, so a thread does."""
    threading.Thread(target=webbrowser.open, args=(url,), name="phosphene-browser", daemon=True).start()

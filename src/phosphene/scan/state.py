"""What every running figure of a scan comes down to when it is written: named arrays."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

State = dict[str, NDArray[Any]]

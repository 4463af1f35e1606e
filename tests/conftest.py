"""Settings of every test run."""

import os

# Before anything imports PyTorch: the tests run side by side (pytest -n 2), so each keeps to one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

from hypothesis import settings

# No deadline: a busy machine is no failure. The same examples each time: a failure can be repeated by anybody.
settings.register_profile("phosphene", deadline=None, derandomize=True)
settings.load_profile("phosphene")

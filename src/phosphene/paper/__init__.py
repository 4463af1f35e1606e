"""The figures of Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (2013), for any network.

A further analysis plugs in like this:

- a function ``(net, ...)`` in a file of its own, listed below, whose docstring gives the paper's definition;
- what it returns is a frozen dataclass that derives from `phosphene.paper.analysis.Analysis`: its numbers as fields,
  and three answers, ``findings`` (plain sentences, each with a baseline where there is one), ``numbers`` (for
  ``--json``) and ``figure()``. Saving, the notebook's view and the printed text come with it;
- long work takes ``tell``, called with (done, total);
- the command is one file in ``phosphene.cli``, with the figure's option, the progress (``Told``) and the answer
  (``told``) of ``phosphene.cli.analyses``;
- its oracle stands in tests/paper, its results on real networks in docs/paper.md.

The module of a function has another name than the function, so that ``phosphene.paper.filters`` is the function only.
"""

from phosphene.paper.correspondence_network import correspondence as correspondence
from phosphene.paper.correspondence_parts import read_parts as read_parts
from phosphene.paper.evolution_moments import with_weights as with_weights
from phosphene.paper.evolution_units import evolution as evolution
from phosphene.paper.filters_network import filters as filters
from phosphene.paper.filters_weights import clip as clip
from phosphene.paper.filters_weights import clipped as clipped
from phosphene.paper.invariance_pictures import invariance as invariance
from phosphene.paper.occlusion_picture import occlusion as occlusion
from phosphene.paper.probe_layers import probe as probe
from phosphene.paper.recording import Recorder as Recorder

__all__ = [
    "Recorder",
    "clip",
    "clipped",
    "correspondence",
    "evolution",
    "filters",
    "invariance",
    "occlusion",
    "probe",
    "read_parts",
    "with_weights",
]

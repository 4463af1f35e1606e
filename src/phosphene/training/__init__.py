"""Training of the bundled networks, on CIFAR-10 or any folder of class folders.

`train` writes a `.safetensors` file in the format that `phosphene.bundled.weights_file` states, which
`ph.load` reads; a model card and two pictures stand beside it.
"""

from phosphene.training.loop import Progress
from phosphene.training.run import Begun, Download, EpochDone, Event, train

__all__ = ["Begun", "Download", "EpochDone", "Event", "Progress", "train"]

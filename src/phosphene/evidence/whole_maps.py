"""The same questions asked of whole feature maps: their sum stands for the activation, the picture for the field."""

from __future__ import annotations

import warnings
from dataclasses import fields, replace

import torch
from torch import Tensor

from phosphene.evidence.frames import Frames
from phosphene.evidence.sights import Sent, Sights, chunks
from phosphene.network import Unit
from phosphene.project import HeldFixedWarning, project
from phosphene.project.rules import Way


class WholeMaps(Sights):
    """Sights whose value is the sum of the unit's map; see `Sights`."""

    def response(self, crops: Tensor, which: Tensor | None = None) -> Tensor:
        """Return the sum of each unit's map for other pictures in the sights' stead, as `Sights.response`."""
        which = torch.arange(len(crops), device=crops.device) if which is None else which
        each = self.channel[which.repeat_interleave(crops.shape[1])]
        flat = crops.flatten(0, 1)
        found = []
        for part in chunks(flat):
            batch = flat[part].contiguous(memory_format=torch.channels_last)
            maps = self.net.record(batch, self.layer.name)[self.layer.name]
            found.append(maps[torch.arange(len(maps)), each[part]].sum((1, 2)))
        return torch.cat(found).reshape(crops.shape[:2])

    def _sent(self, way: Way) -> Sent:
        own, others = [], []
        for row, channel, rest in zip(self.row.tolist(), self.channel.tolist(), self.others, strict=True):
            units = [Unit(self.layer.name, int(index)) for index in [channel, *rest[rest >= 0].tolist()]]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", HeldFixedWarning)
                sent = project(self.net, self.images[row : row + 1], units, way.rule, way.unpool).pixels[:, 0]
            own.append(sent[0])
            missing = sent.new_zeros(len(rest) + 1 - len(sent), *sent.shape[1:])
            others.append(torch.cat([sent[1:], missing]))
        return Sent(torch.stack(own), torch.stack(others))


def whole_maps(sights: Sights) -> WholeMaps:
    """Return sights of the same units in the same pictures, each of a whole map."""
    size = (sights.images.shape[2], sights.images.shape[3])
    field = torch.tensor([0, 0, *size], device=sights.place.device).repeat(len(sights.place), 1)
    frames = Frames(torch.zeros_like(sights.place), size, sights.place, field)
    known = {each.name: getattr(sights, each.name) for each in fields(Sights)} | {"frames": frames, "_kept": {}}
    whole = WholeMaps(**known)
    return replace(whole, value=whole.response(whole.crops[:, None])[:, 0], _kept={})

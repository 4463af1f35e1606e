"""What a CUDA device would be asked to do, by tensors without numbers: runs on any machine."""

import contextlib

import pytest
import torch
from torch._subclasses import FakeTensorMode

import phosphene as ph
from tests.project.test_mixed_net import SIZE, Mixed


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
@pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning")
def test_every_operation_stays_on_the_device(monkeypatch, rule, unpool):
    monkeypatch.setattr(torch.random, "fork_rng", lambda *_: contextlib.nullcontext())  # asks the driver
    with FakeTensorMode(allow_non_fake_inputs=True):
        with torch.device("cuda"):
            model, x = Mixed().eval(), torch.randn(2, 3, *SIZE)
        net = ph.Network(model, input_size=(3, *SIZE))
        vars(net.scale)["is_identity"] = True  # found by looking at numbers
        for layer in ("relu", "dilated", "mul", "last"):
            units = [f"{layer}:0", f"{layer}:3"]
            sent = ph.project(net, x, units, rule, unpool, memory=10**9).signal
            assert sent.device.type == "cuda"
            assert sent.shape == (2, 2, 3, *SIZE)

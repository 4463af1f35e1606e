"""An accelerator gives the processor's results; skipped, with the reason, where PyTorch sees none."""

import copy
import os

import pytest
import torch

import phosphene as ph
from phosphene.device import available, pick_device
from phosphene.memory import free_memory
from tests.project.test_borrowing import same, state
from tests.project.test_mixed_net import SIZE, Mixed

# PHOSPHENE_TEST_DEVICE=cpu goes through the same motions without one.
DEVICE = os.environ.get("PHOSPHENE_TEST_DEVICE") or available()[0]
REAL = DEVICE != "cpu"

pytestmark = [
    pytest.mark.skipif(not REAL and "PHOSPHENE_TEST_DEVICE" not in os.environ, reason="PyTorch sees no CUDA or MPS"),
    pytest.mark.filterwarnings("ignore::phosphene.project.HeldFixedWarning"),
]


@pytest.fixture(autouse=True)
def whole_precision(monkeypatch):
    """By default cuDNN rounds the factors of convolutions to 10 bits (TF32), a thousandth."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def mixed():
    torch.manual_seed(5)
    model = Mixed().eval()
    with torch.no_grad():
        model.norm.running_mean.uniform_(-0.3, 0.3)
        model.norm.running_var.uniform_(0.3, 2)
    return ph.Network(model, input_size=(3, *SIZE))


def bundled():
    return ph.load("cifar", device="cpu")


NETWORKS = {"bundled": (bundled, ["relu1", "pool2", "fc1"]), "mixed": (mixed, ["norm", "dilated", "mul", "last"])}


def moved(net, device=DEVICE):
    return ph.Network(copy.deepcopy(net.model).to(device), net.preprocess, net.classes, net.input_size, net.name)


@pytest.mark.skipif(not REAL, reason="PyTorch sees no CUDA or MPS")
def test_auto_takes_it():
    assert pick_device("auto").type == DEVICE
    assert ph.load("cifar", device="auto").device.type == DEVICE


@pytest.mark.parametrize("case", NETWORKS.values(), ids=list(NETWORKS))
@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.parametrize("unpool", ["switches", "fill"])
def test_projections_are_the_processors(case, rule, unpool):
    make, layers = case
    net = make()
    there = moved(net)
    x = torch.randn(2, *net.input_size, generator=torch.Generator().manual_seed(6))
    for layer in layers:
        rows, columns = net.layer(layer).size
        for position in ("map", "peak", (rows - 1, columns // 2)):
            expected = ph.project(net, x, [f"{layer}:0", f"{layer}:3"], rule, unpool, position)
            got = ph.project(there, x, [f"{layer}:0", f"{layer}:3"], rule, unpool, position)
            assert got.signal.device.type == DEVICE
            assert [used.treatment for used in got.rules_used] == [used.treatment for used in expected.rules_used]
            for name in ("signal", "pixels", "activation", "inputs"):
                own, reference = getattr(got, name).cpu(), getattr(expected, name)
                torch.testing.assert_close(own, reference, rtol=1e-4, atol=1e-4 * float(reference.abs().max()))
            assert torch.equal(got.places.cpu(), expected.places)


def test_layers_maps_and_pictures_are_the_processors():
    net = mixed()
    there = moved(net)
    assert there.layers() == net.layers()
    x = torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(
        there.record(x, "last")["last"].cpu(), net.record(x, "last")["last"], rtol=1e-4, atol=1e-5
    )
    cifar = moved(bundled())
    p = ph.project(cifar, ph.images("samples")[0], ["relu2:0", "relu2:8"])
    assert p.signal.device.type == DEVICE
    assert p.sheet().size[0] > 100


def test_all_units_of_a_layer_of_which_the_signal_is_ones_own():
    net = moved(bundled())
    x = torch.randn(1, 3, 32, 32)
    own = torch.rand(1, 64, 16, 16)  # on the processor
    together = ph.project(net, x, "relu2", signal=own).signal
    assert together.device.type == DEVICE
    assert together.isfinite().all()


def test_the_model_stays_where_it_is_and_as_it_was():
    net = moved(mixed())
    net.model.train()
    before = copy.deepcopy(state(net.model))
    random = torch.cuda.get_rng_state() if DEVICE == "cuda" else None
    ph.project(net, torch.randn(1, 3, *SIZE, generator=torch.Generator().manual_seed(8)), "last")
    same(before, state(net.model))
    assert random is None or torch.equal(random, torch.cuda.get_rng_state())


@pytest.mark.skipif(DEVICE != "cuda", reason="PyTorch sees no CUDA device, whose memory it could count")
def test_memory_is_bounded():
    device = torch.device("cuda")
    assert 0 < free_memory(device) <= torch.cuda.get_device_properties(device).total_memory
    net, x = moved(bundled()), torch.randn(32, 3, 32, 32)
    peaks, results = [], []
    for allowed in (2**26, 2**33):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        results.append(ph.project(net, x, "relu2", memory=allowed).signal.cpu())
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks[0] < 0.7 * peaks[1]
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4 * float(results[1].abs().max()))

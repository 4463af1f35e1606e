"""docs/peers-silent-error.md says what the peers answer, checked again on three networks of its table."""

from pathlib import Path

import pytest
import torch

pytest.importorskip("captum.attr")

from scripts import peers_silent_error as peers

PAGE = (Path(__file__).parents[2] / "docs" / "peers-silent-error.md").read_text(encoding="utf-8")
TABLE = PAGE.split(peers.BEGIN)[1].split(peers.END)[0]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


WRITTEN = {cells(line)[0]: cells(line) for line in TABLE.splitlines() if line.startswith("|")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_0", "mobilenet_v3_small", "mobilenet_v2"])
def test_rows_are_what_the_tools_answer(name):
    measured = peers.row(name)
    written = WRITTEN[name]
    assert written[:3] == cells(str(measured))[:3]
    for peer, figure in zip(peers.PEERS, written[3:], strict=True):
        if peer in measured.distances:
            found = measured.distances[peer]
            assert (figure == "**gradient**") == (found < 1e-6), peer
            assert figure == "**gradient**" or abs(float(figure) - found) < 0.05, peer


def test_every_network_has_its_row_and_only_phosphene_is_never_the_gradient():
    assert list(WRITTEN)[2:] == list(peers.NETWORKS)
    assert WRITTEN["network"] == ["network", "non-linearities", "`nn.ReLU`", *peers.PEERS]
    for name in peers.NETWORKS:
        none_hooked = WRITTEN[name][2].startswith("0 of")
        said = {peer: figure == "**gradient**" for peer, figure in zip(peers.PEERS, WRITTEN[name][3:], strict=True)}
        assert said == {peer: none_hooked and not peer.startswith("Phosphene") for peer in peers.PEERS}


@pytest.mark.slow
def test_where_all_are_modules_everybody_agrees():
    model = peers.built("squeezenet1_0")
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    for methods in (("Captum Deconvolution", "deconvnet"), ("Captum GuidedBackprop", "guided")):
        theirs, own = peers.PEERS[methods[0]](model, x, 3), peers.ours(methods[1])(model, x, 3)
        assert peers.distance(own, theirs) < 1e-5


def test_the_picture_shows_one_function_written_twice():
    net = peers.ph.load("cifar")
    x = net.prepare(peers.ph.images("samples")[0])
    modules, functions = peers.WithModules(net.model).eval(), peers.WithFunctions(net.model).eval()
    assert torch.equal(modules(x), functions(x))
    answers = dict(peers.columns(net, x))
    plain, by_functions, own, by_modules, own_again = answers.values()
    assert torch.equal(plain, by_functions)
    assert peers.distance(by_modules, plain) > 0.1
    assert max(peers.distance(own, by_modules), peers.distance(own_again, by_modules)) < 1e-5

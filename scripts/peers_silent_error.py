"""Show what tools that hook `nn.ReLU` modules answer on networks without such modules.

usage: peers_silent_error.py PAGE PICTURE    renew the table of PAGE and draw PICTURE (needs captum; zennit if there)
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from captum.attr import Deconvolution, GuidedBackprop
from torch import Tensor, nn

import phosphene as ph
from phosphene.draw.sheet import Sheet, Tile
from phosphene.project.picture import input_pictures, pictures
from phosphene.project.rules import Treatment
from phosphene.project.walk import Used

NETWORKS = (
    "resnet18 vgg11_bn squeezenet1_0 mnasnet0_5 densenet121 mobilenet_v3_small "
    "googlenet inception_v3 mobilenet_v2 efficientnet_b0 convnext_tiny"
).split()
SIZES = {"inception_v3": 96}
CHOSEN = ("astronaut", "chelsea", "rocket")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ZENNIT = find_spec("zennit") is not None

Attribution = Callable[[nn.Module, Tensor, int], Tensor]


# -- the same question to everybody: one class score, sent back to the input ------------------------------------------


def gradient(model: nn.Module, x: Tensor, target: int) -> Tensor:
    """Return the plain gradient of a class score by autograd."""
    start = x.clone().requires_grad_()
    return torch.autograd.grad(model(start)[:, target].sum(), start)[0]


def captums(method: type) -> Attribution:
    """Ask Captum, as its manual shows it."""
    return lambda model, x, target: method(model).attribute(x.clone(), target=target).detach()


def zennits(composite: str) -> Attribution:
    """Ask Zennit, as its manual shows it."""

    def attribute(model: nn.Module, x: Tensor, target: int) -> Tensor:
        from zennit import composites
        from zennit.attribution import Gradient

        def start(output: Tensor) -> Tensor:
            return F.one_hot(torch.full((len(output),), target), output.shape[1]).to(output)

        with Gradient(model, composite=getattr(composites, composite)()) as attributor:
            return attributor(x.clone(), start)[1].detach()

    return attribute


def score_sent_back(model: nn.Module, x: Tensor, target: int, rule: str) -> tuple[Tensor, tuple[Used, ...]]:
    """Ask Phosphene; returns its signal and what every operation did."""
    net = ph.Network(model, input_size=tuple(x.shape[1:]))  # type: ignore[arg-type]
    last = net.layers()[-1]
    start = torch.zeros(len(x), last.units, *last.size)
    start[:, target] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the gates of some networks; the page says so
        sent = ph.project(net, x, last.name, rule, signal=start)  # type: ignore[arg-type]
    return sent.signal[0], sent.rules_used


def ours(rule: str) -> Attribution:
    """Return Phosphene's answer alone."""
    return lambda model, x, target: score_sent_back(model, x, target, rule)[0]


PEERS: dict[str, Attribution] = {
    "Captum Deconvolution": captums(Deconvolution),
    "Captum GuidedBackprop": captums(GuidedBackprop),
    "Zennit DeconvNet": zennits("DeconvNet"),
    "Zennit GuidedBackprop": zennits("GuidedBackprop"),
    "Phosphene deconvnet": ours("deconvnet"),
    "Phosphene guided": ours("guided"),
}


# -- the table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One network: its non-linearities in words, and how far each answer is from the plain gradient."""

    name: str
    bends: str
    distances: dict[str, float]

    def __str__(self) -> str:
        cells = (shown(self.distances[peer]) if peer in self.distances else "–" for peer in PEERS)
        return f"| {self.name} | {self.bends} | {' | '.join(cells)} |"


def shown(distance: float) -> str:
    """Write a distance with two digits; what is rounding is called the gradient that it is."""
    return "**gradient**" if distance < 1e-6 else f"{distance:.2f}"


def built(name: str) -> nn.Module:
    """Build a torchvision network with random weights, the same ones each time."""
    torch.manual_seed(0)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **options).eval()
    for key, weight in model.named_parameters():
        if "layer_scale" in key:  # ConvNeXt's blocks start at a millionth, which would hide any rule
            nn.init.ones_(weight)
    return model


def row(name: str) -> Row:
    """Ask everybody about one network."""
    model, size = built(name), SIZES.get(name, 64)
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    plain = gradient(model, x, 0)
    asked = {peer: ask for peer, ask in PEERS.items() if ZENNIT or not peer.startswith("Zennit")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        distances = {peer: distance(ask(model, x, 0), plain) for peer, ask in asked.items()}
    return Row(name, bends(model, x), distances)


def distance(answer: Tensor, plain: Tensor) -> float:
    """Return the largest difference, as a part of the largest number in either; 0: the same."""
    return float((answer - plain).abs().max() / torch.maximum(answer.abs().max(), plain.abs().max()))


def bends(model: nn.Module, x: Tensor) -> str:
    """Count the non-linearities that Phosphene names, and how many of them are calls of an nn.ReLU module."""
    modules = dict(model.named_modules())
    used = [u for u in score_sent_back(model, x, 0, "gradient")[1] if u.treatment == Treatment.NONLINEARITY]
    kinds = Counter(u.operation for u in used)
    hooked = sum(isinstance(modules.get(called(u.layer, modules)), nn.ReLU) for u in used)
    return f"{', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))} | {hooked} of {len(used)}"


def called(layer: str, modules: dict[str, nn.Module]) -> str:
    """Return the module of a layer's name: without `_1`, `_2` ... of its further calls."""
    base, _, count = layer.rpartition("_")
    return base if layer not in modules and count.isdigit() else layer


def table(names: list[str]) -> str:
    """Return the table in Markdown, with the versions it was made with."""
    heads = ["network", "non-linearities", "`nn.ReLU`", *PEERS]
    rows = [str(row(name)) for name in names]
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *rows, "", versions()])


def versions() -> str:
    """State what was compared."""
    known = {name: _version(name) for name in ("torch", "torchvision", "captum", "zennit")}
    return f"Made with {', '.join(f'{name} {number}' for name, number in known.items() if number)}."


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return ""


# -- the picture: one network, written twice ---------------------------------------------------------------------------


class WithModules(nn.Module):
    """The bundled blog network, every ReLU a module."""

    def __init__(self, trained: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(dict(trained.named_children()))
        self.relu1, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (N, 10)."""
        p = self.parts
        x = p["pool1"](self.relu1(p["conv1"](x)))
        x = p["pool2"](self.relu2(p["conv2"](x)))
        scores: Tensor = p["fc2"](self.relu3(p["fc1"](x.flatten(1))))
        return scores


class WithFunctions(WithModules):
    """The same network with the same weights, every ReLU a function."""

    def forward(self, x: Tensor) -> Tensor:
        """Class scores (N, 10)."""
        p = self.parts
        x = p["pool1"](F.relu(p["conv1"](x)))
        x = p["pool2"](F.relu(p["conv2"](x)))
        scores: Tensor = p["fc2"](F.relu(p["fc1"](x.flatten(1))))
        return scores


def columns(net: ph.Network, x: Tensor) -> list[tuple[str, Tensor]]:
    """Return each answer to "what stands behind the highest class score?", (N, 3, H, W), with its head."""
    modules, functions = WithModules(net.model).eval(), WithFunctions(net.model).eval()
    best = int(modules(x).argmax(1)[0])
    deconvolution = captums(Deconvolution)
    return [
        ("plain gradient", gradient(functions, x, best)),
        ("Captum “Deconvolution”\nF.relu", deconvolution(functions, x, best)),
        ("Phosphene deconvnet\nF.relu", ours("deconvnet")(functions, x, best)),
        ("Captum “Deconvolution”\nnn.ReLU", deconvolution(modules, x, best)),
        ("Phosphene deconvnet\nnn.ReLU", ours("deconvnet")(modules, x, best)),
    ]


def sheet(chosen: tuple[str, ...] = CHOSEN) -> Sheet:
    """Draw the answers for some of the photographs that come along."""
    net = ph.load("cifar")
    tiles: list[Tile] = []
    heads = ["picture"]
    for picture in (picture for picture in ph.images("samples") if picture.id in chosen):
        x = net.prepare(picture)
        answers = columns(net, x)
        heads = ["picture", *(head for head, _ in answers)]
        tiles.append(Tile(input_pictures(net.scale.to_picture(x))[0]))
        tiles += [Tile(pictures(net.scale.to_pixels(answer))[0][0]) for _, answer in answers]
    return Sheet(
        tiles,
        columns=len(heads),
        title="One network, written with F.relu and with nn.ReLU modules",
        subtitle="The highest class score of cifar, sent back to three photographs",
        column_headers=tuple(heads),
        scale_note="Zero is mid-grey. Each tile scaled to its own maximum.",
    )


# -- the files ---------------------------------------------------------------------------------------------------------


def renewed(text: str, new: str) -> str:
    """Return ``text`` with ``new`` between the markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{new}\n{END}{rest.split(END)[1]}"


def main(page: Path, picture: Path) -> None:
    """Renew the page's table and the picture."""
    warnings.simplefilter("ignore", UserWarning)  # Captum's, on every call, hooks or none
    text = renewed(page.read_text(encoding="utf-8"), table(NETWORKS))
    beside = page.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(page)
    sheet().save(picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))

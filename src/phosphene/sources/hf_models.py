"""``hf/REPO``: image classifiers of the Hugging Face hub, or of a folder, through the optional transformers.

Only architectures that transformers itself contains are made (no code of a repository is run), and only weights in
safetensors are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image
from torch import Tensor, nn

from phosphene.errors import UsageError
from phosphene.network import Network
from phosphene.sources.extras import extra, fetching
from phosphene.sources.fitting import fit
from phosphene.sources.request import DEFAULT, RANDOM, Request

_INSTEAD = "check the name and the network; a folder that holds config.json and model.safetensors works as hf/FOLDER"


def from_hf(asked: Request) -> Network:
    """Return an image classifier with the weights, preprocessing and class names of its repository.

    ``REPO`` is ``owner/name`` or a folder. Weights that are not given are the repository's, and ``random`` leaves
    them where they are.
    """
    transformers = extra("transformers", "hf", asked.spec)
    with fetching(asked.spec, _INSTEAD):
        config = transformers.AutoConfig.from_pretrained(asked.name, trust_remote_code=False)
        model = _model(transformers, asked, config)
    if asked.weights not in (None, RANDOM, DEFAULT):
        fit(model, asked.weights_file([DEFAULT]), asked.spec)
    model.register_forward_hook(_only_scores)
    preprocess = _Processor(_processor(transformers, asked))
    names = tuple(str(config.id2label[index]) for index in sorted(config.id2label))
    size = _input_size(preprocess, asked)
    return Network(model.eval(), preprocess, asked.classes or names, size, asked.name.rpartition("/")[2])


def _model(transformers: Any, asked: Request, config: Any) -> nn.Module:
    kind = transformers.AutoModelForImageClassification
    made: nn.Module
    if asked.weights in (None, DEFAULT):
        made = kind.from_pretrained(asked.name, config=config, use_safetensors=True, trust_remote_code=False)
    else:
        made = kind.from_config(config, trust_remote_code=False)
    return made


def _only_scores(model: nn.Module, args: tuple[Any, ...], output: Any) -> Tensor:
    scores: Tensor = output.logits
    return scores


@dataclass(frozen=True)
class _Processor:
    """The repository's own preprocessing, in the form that `Network` takes."""

    processor: Any

    def __call__(self, picture: Image.Image) -> Tensor:
        """Turn a picture into a float tensor (C, H, W)."""
        prepared: Tensor = self.processor(picture.convert("RGB"), return_tensors="pt")["pixel_values"][0]
        return prepared


def _processor(transformers: Any, asked: Request) -> Any:
    with fetching(asked.spec, "its preprocessor_config.json must say how pictures are prepared"):
        return transformers.AutoImageProcessor.from_pretrained(asked.name, trust_remote_code=False)


def _input_size(preprocess: _Processor, asked: Request) -> tuple[int, int, int]:
    channels, height, width = preprocess(Image.new("RGB", (640, 480))).shape
    if asked.input_size not in (None, (channels, height, width)):
        raise UsageError(f"{asked.spec} prepares pictures as {channels}x{height}x{width}; leave the input size out")
    return channels, height, width

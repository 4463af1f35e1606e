"""`scan`: an image set through a network, into an atlas."""

from __future__ import annotations

import platform
import time
import warnings
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

from phosphene.atlas.reading import Atlas, open_atlas
from phosphene.atlas.records import ImageRow, LayerInfo, Manifest, Options, Shard
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import UsageError
from phosphene.network import Layer, Network
from phosphene.scan import seen
from phosphene.scan.boxes import boxes
from phosphene.scan.choice import chosen_layers
from phosphene.scan.derive import Derived
from phosphene.scan.identity import Fingerprint, preprocessing_words, weights_hash
from phosphene.scan.loading import Loaded, loaded
from phosphene.scan.scanner import Scanner
from phosphene.scan.summary import Kept
from phosphene.scan.thumbnails import thumbnails
from phosphene.scan.wide import check_sizes, wide
from phosphene.sources.images import ImageSet
from phosphene.sources.images import images as open_images

SHARD = 4096
"""Pictures that are committed together."""
SEEN = 16384
"""Pictures that give positions, about: of a larger set one in so many does, unless the caller says how many."""
INPUTS, MAPS = 32 * 3 * 224 * 224, 40_000_000
"""Values that a batch's inputs, and its largest layer's maps, may have."""
PRECISIONS = ("float32", "bf16")


@dataclass(frozen=True)
class Progress:
    """Said after each batch."""

    done: int
    """Pictures, the broken ones counted."""
    total: int
    failed: int
    seconds: float
    """Since this run began."""
    rate: float
    """Pictures a second in this run."""
    remaining: float
    """Seconds that the rest will take at that rate."""
    dead: int
    """Units that have given one and the same value so far."""
    units: int


@dataclass(frozen=True)
class Finishing:
    """Said while the rows and the small copies of examples are written."""

    thumbnails: int
    total: int


def scan(
    net: Network,
    images: object,
    out: str | Path,
    layers: Sequence[str] | None = None,
    *,
    top: int = 16,
    sample: int = 4096,
    positions: int = 4,
    sample_every: int | None = None,
    batch: int | None = None,
    precision: str = "float32",
    limit: int | None = None,
    keep_images: bool = True,
    resume: bool = False,
    tell: Callable[[Progress | Finishing], None] = lambda event: None,
) -> Atlas:
    """Run every picture through the network once and keep what matters of every unit in an atlas.

    Args:
        net: the network.
        images: an image set, or what `images` takes.
        out: the atlas's file, ``NAME.atlas``.
        layers: names, patterns (``layer*.relu*``) or ``kind:conv2d``; None: each convolution's output after what
            belongs to it.
        top: strongest images that are kept of each unit.
        sample: images whose peaks are kept for every unit.
        positions: positions of a picture that go into correlations and into the regression on what is visible.
        sample_every: of how many pictures one gives positions; None: so that about 16,384 do.
        batch: pictures that go through the network together; None: by the size of its input.
        precision: "float32" or "bf16" (faster, coarser; the atlas says so).
        limit: look at the first so many pictures only.
        keep_images: keep small copies of the examples inside the atlas.
        resume: go on with a scan that was interrupted; it ends as if it had not been.
        tell: hears of the progress after each batch.

    Warns:
        UserWarning: a layer has more than 2,896 units: correlations are kept of its first ones with all.

    Raises:
        UsageError: a layer, option or image set that is not there, or a scan to go on with that is of something else.
        PhospheneError: the atlas cannot be written. What was committed stays.
    """
    pictures = _limited(open_images(images), limit)  # type: ignore[arg-type]
    chosen = chosen_layers(net, layers)
    every = sample_every or max(1, len(pictures) // SEEN)
    _check(top=top, sample=sample, positions=positions, every=every, precision=precision, batch=batch)
    options = Options(top, sample, batch or _batch(net, chosen), precision, positions, keep_images)
    manifest = _manifest(net, pictures, chosen, options, every)
    check_sizes(manifest)
    if said := wide(chosen):
        warnings.warn(said, stacklevel=2)
    scanner = Scanner(net, chosen, Kept(top, sample, positions), len(pictures.classes), precision, every)
    writer = AtlasWriter.resume(out, manifest) if resume else AtlasWriter.create(out, manifest)
    with writer:
        if not writer.complete:
            _Run(scanner, pictures, writer, tell).go()
    return open_atlas(out)


def _limited(pictures: ImageSet, limit: int | None) -> ImageSet:
    if limit is None:
        return pictures
    if limit < 1:
        raise UsageError(f"a scan of {limit} pictures sees nothing; give a limit of 1 or more")
    return pictures.first(limit)


def _check(precision: str, batch: int | None, **counts: int) -> None:
    for name, count in {**counts, "batch": 1 if batch is None else batch}.items():
        if count < 1:
            raise UsageError(f"{name} is {count}; give 1 or more")
    if precision not in PRECISIONS:
        raise UsageError(f"there is no precision {precision!r}; choose one of {', '.join(PRECISIONS)}")


def _batch(net: Network, layers: Sequence[Layer]) -> int:
    """Return how many pictures go together: 256, or as many as keep inputs and the largest maps small."""
    inputs, largest = int(np.prod(net.input_size)), max(layer.units * int(np.prod(layer.size)) for layer in layers)
    return max(1, min(256, INPUTS // max(1, inputs), MAPS // max(1, largest)))


def _manifest(net: Network, pictures: ImageSet, layers: Sequence[Layer], options: Options, every: int) -> Manifest:
    words = preprocessing_words(net.preprocess), f"positions of one picture in {every}", wide(layers)
    return Manifest(
        network=net.name,
        weights=weights_hash(net.model),
        preprocessing="; ".join(filter(None, words)),
        input_size=net.input_size,
        images=pictures.name,
        classes=pictures.classes,
        layers=tuple(_info(layer) for layer in layers),
        options=options,
        features=seen.names(net.input_size[0]),
        total=len(pictures),
        versions={
            "phosphene": version("phosphene"),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _info(layer: Layer) -> LayerInfo:
    return LayerInfo(layer.name, layer.kind, layer.units, layer.size, layer.stride, layer.receptive_field)


class _Run:
    """One run of a scan, from where the writer stands to the end."""

    def __init__(
        self, scanner: Scanner, pictures: ImageSet, writer: AtlasWriter, tell: Callable[[Progress | Finishing], None]
    ) -> None:
        self._scanner, self._pictures, self._writer, self._tell = scanner, pictures, writer, tell
        self._fingerprint = Fingerprint()
        self._began = time.perf_counter()
        self._first = writer.done
        self._failed = writer.progress.failed

    def go(self) -> None:
        """Scan what is left, shard by shard, and finish the atlas."""
        if self._first:
            self._catch_up()
        classes = {name: number for number, name in enumerate(self._pictures.classes)}
        rest = islice(iter(self._pictures), self._first, None)
        batches = loaded(self._scanner.net, rest, classes, self._writer.manifest.options.batch, self._first)
        while shard := self._shard(batches):
            self._writer.commit(shard)
        self._finish(classes)

    def _catch_up(self) -> None:
        """Go to where the last shard ended, if the pictures up to there are still the same."""
        self._identify(0, self._first)
        if self._fingerprint.text != self._writer.fingerprint:
            raise UsageError(
                f"the pictures of {self._pictures.name} are not those that were scanned: names or contents changed; "
                "put them back, or begin a new atlas without --resume"
            )
        self._scanner.restore(self._writer.state)

    def _identify(self, first: int, end: int) -> None:
        for index in range(first, end):
            self._fingerprint.add(self._pictures[index])

    def _shard(self, batches: Iterator[Loaded]) -> Shard | None:
        """Scan the next `SHARD` pictures; None at the end of the set."""
        began = time.perf_counter()
        done: list[Loaded] = []
        for batch in batches:
            done.append(batch)
            if batch.inputs is not None:
                names = [row.name for row in batch.rows]
                self._scanner.add(batch.inputs, names, batch.numbers, batch.labels)
                batch.inputs = None
            self._failed += len(batch.failures)
            self._tell(self._progress(batch.end))
            if batch.end - done[0].first >= SHARD:
                break
        if not done:
            return None
        self._identify(done[0].first, done[-1].end)
        return Shard(
            self._writer.progress.shards,
            done[0].first,
            done[-1].end,
            self._fingerprint.text,
            time.perf_counter() - began,
            [row for batch in done for row in batch.rows],
            [failure for batch in done for failure in batch.failures],
            self._scanner.state(),
        )

    def _progress(self, done: int) -> Progress:
        seconds = time.perf_counter() - self._began
        rate = (done - self._first) / seconds
        total = len(self._pictures)
        dead = sum(int(summary.moments.dead.sum()) for summary in self._scanner.summaries.values())
        units = sum(layer.units for layer in self._scanner.layers)
        return Progress(done, total, self._failed, seconds, rate, (total - done) / rate, dead, units)

    def _finish(self, classes: dict[str, int]) -> None:
        sample = self._rows(set(self._scanner.members.image.tolist()))
        derived = list(self._derived({row.index: classes.get(row.label or "", -1) for row in sample}))
        shown = set[int]().union(*(part.shown for part in derived))
        box = boxes(self._scanner.net, {row.index: (row.width, row.height) for row in self._rows(shown)})
        if self._writer.manifest.options.keep_images:
            self._keep_images(sorted(shown))
        self._writer.finish(
            chain.from_iterable(part.units() for part in derived),
            chain.from_iterable(part.examples(box) for part in derived),
            chain.from_iterable(part.correlations() for part in derived),
            chain.from_iterable(part.class_rows() for part in derived),
            chain.from_iterable(part.visible() for part in derived),
        )

    def _rows(self, numbers: Container[int]) -> Iterator[ImageRow]:
        """Yield the rows of some images; those of all may be millions."""
        return (row for row in self._writer.images() if row.index in numbers)

    def _derived(self, labels: dict[int, int]) -> Iterator[Derived]:
        members = self._scanner.members
        known = np.array([labels[int(image)] for image in members.image], np.int64)
        features = self._writer.manifest.features
        for layer in self._scanner.layers:
            summary = self._scanner.summaries[layer.name]
            yield Derived(layer, summary, members, known, self._pictures.classes, features)

    def _keep_images(self, numbers: Sequence[int]) -> None:
        done = 0
        for some in thumbnails((number, self._pictures[number]) for number in numbers):
            self._writer.add_thumbnails(some)
            done += len(some)
            self._tell(Finishing(done, len(numbers)))

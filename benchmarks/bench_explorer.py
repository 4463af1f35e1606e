"""The explorer under a real load on loopback: `phosphene explore` in a process of its own, asked over one connection.

    python benchmarks/bench_explorer.py [--requests 10000] [--starts 3] [ATLAS [options of phosphene explore]]

Without an atlas, `cifar` is scanned over the pictures that come along. Up: from the start of the process to its link.
First page: from the link to the page's last byte, then with everything that it shows at once (style, scripts, pictures;
bytes as they are sent, packed). Pages are asked for once each, so nothing has been made before; live answers with
another picture each time. Times are the client's: they hold the connection and reading the answer. Memory is what the
system holds for the process (VmRSS), over requests of all kinds.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import numpy as np
import starlette
import torch
import uvicorn
from PIL import Image

import phosphene as ph
from phosphene.atlas.reading import Atlas
from phosphene.explore.paths import slugs

SMALL = 64


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    found: str
    goal: str
    n: int


class Client:
    """One connection that stays open, as a browser's does."""

    def __init__(self, link: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(link).netloc, timeout=120)
        self.received = 0
        page = self.get("index.html").decode()
        self._own = {"X-Phosphene-Token": page.partition('name="phosphene-token" content="')[2].partition('"')[0]}

    def get(self, path: str, packed: bool = False) -> bytes:
        """Return what is at a path; `received` is then how many bytes came."""
        return self._ask("GET", path, {"Accept-Encoding": "gzip"} if packed else {})

    def live(self, name: str, **asked: object) -> dict[str, object]:
        """Return a live answer."""
        given = "&".join(f"{key}={quote(str(value))}" for key, value in asked.items())
        return json.loads(self._ask("GET", f"live/{name}?{given}", self._own))

    def drop(self, picture: bytes) -> str:
        """Send a picture and return its id."""
        return str(json.loads(self._ask("POST", "live/pictures", self._own, picture))["id"])

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
        self._connection.request(method, f"/{path}", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self.received = len(content)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {path}: {content[:200]!r}")
        return content


@contextmanager
def explorer(words: list[str]) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """Yield a running explorer, its link, and the seconds from its start to the link."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "phosphene", "explore", *words, "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip(), time.perf_counter() - begun
        finally:
            process.kill()


def starts(words: list[str], times: int) -> Iterator[Row]:
    """Measure how long it takes until there is a first page, and what it weighs."""
    ups, busy, firsts = [], [], []
    for _ in range(times):
        with explorer(words) as (process, link, up):
            ups.append(up)
            busy.append(processor_time(process))
            begun = time.perf_counter()
            client = Client(link)
            firsts.append(time.perf_counter() - begun)
            client.get("index.html", packed=True)
            page = client.received
            shown = sum(weight(client, path) for path in shown_at_once(client.get("index.html").decode()))
    yield Row("up", spread(ups, 1, "s"), "3 s", times)
    yield Row("processor time until it is up", spread(busy, 1, "s"), "", times)
    yield Row("first page, once it is up", spread(firsts, 1000, "ms"), "1,000 ms", times)
    yield Row("first page", f"{page / 1000:.0f} KB", "300 KB", 1)
    yield Row("first page with all that it shows", f"{(page + shown) / 1000:.0f} KB", "", 1)


def shown_at_once(page: str) -> list[str]:
    """Return the paths of a page's style, scripts and pictures."""
    found = re.findall(r'<(?:link rel="stylesheet"|script|img)[^>]*? (?:href|src)="([^"]+)"', page)
    return sorted({urljoin("/index.html", path).lstrip("/") for path in found if not path.startswith("data:")})


def weight(client: Client, path: str) -> int:
    """Return the bytes that are sent for a path."""
    client.get(path, packed=True)
    return client.received


def spread(seconds: list[float], scale: float, unit: str) -> str:
    """Say the median and the range."""
    low, middle, high = (scale * each for each in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.3g} {unit} ({low:.3g} to {high:.3g})"


def p95(what: str, goal: str, work: list[Callable[[], object]]) -> Row:
    """Do some things once each, and return the 95th percentile of their times."""
    times = []
    for each in work:
        begun = time.perf_counter()
        each()
        times.append(time.perf_counter() - begun)
    high, middle = float(np.quantile(times, 0.95)) * 1000, statistics.median(times) * 1000
    return Row(what, f"p95 {high:.3g} ms, median {middle:.3g} ms, longest {max(times) * 1000:.3g} ms", goal, len(times))


def dropped(seed: int, side: int) -> bytes:
    """Return a JPEG of noise, with the size of a photograph."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def loads(client: Client, atlas: Atlas) -> Iterator[Row]:
    """Measure pages and live answers."""
    pages = [f"layers/{slug}/{unit}.html" for slug, _, units in layers(atlas) for unit in range(units)]
    pages = pages[:: max(1, len(pages) // 500)]
    yield p95("unit's page", "60 ms", [lambda path=path: client.get(path, packed=True) for path in pages])
    _, widest, _ = max(layers(atlas), key=lambda each: each[2])
    slug = next(slug for slug, layer, _ in layers(atlas) if layer == widest)
    yield p95(
        f"layer's page, {atlas.layer(widest).units} units", "", [lambda: client.get(f"layers/{slug}/index.html")] * 5
    )
    small = max(atlas.manifest.input_size[1:]) <= SMALL
    ids = [client.drop(dropped(seed, 64 if small else 400)) for seed in range(6)]
    units = [f"{layer}:{unit}" for _, layer, count in layers(atlas) for unit in range(count)]
    draw = random.Random(0)
    asked = [(draw.choice(ids), draw.choice(units)) for _ in range(200)]
    client.live("unit", image=ids[0], unit=units[0])
    yield p95(
        "live projection of a unit",
        "100 ms" if small else "400 ms",
        [lambda image=image, unit=unit: client.live("unit", image=image, unit=unit) for image, unit in asked],
    )
    layer = atlas.layers[0]

    def fresh(seed: int) -> None:
        client.live(
            "layer", image=client.drop(dropped(seed, 64 if small else 400)), layer=layer.name, show="projection"
        )

    fresh(99)
    yield p95(
        f"all {layer.units} units of {layer.name} for a picture, from the drop on",
        "300 ms" if small else "",
        [lambda seed=seed: fresh(seed) for seed in range(100, 120)],
    )


def layers(atlas: Atlas) -> list[tuple[str, str, int]]:
    """Return address, name and units of each layer."""
    found = slugs(layer.name for layer in atlas.layers)
    return [(found[layer.name], layer.name, layer.units) for layer in atlas.layers]


def memory(client: Client, atlas: Atlas, process: subprocess.Popen[str], requests: int) -> Row:
    """Ask for everything, many times, and see what the process holds."""
    paths = ["index.html", "search.html", "search.js"]
    for slug, _, units in layers(atlas):
        paths += [f"layers/{slug}/index.html", f"layers/{slug}/matrix.html"]
        paths += [f"layers/{slug}/{unit}.{kind}" for unit in range(0, units, 3) for kind in ("html", "json", "csv")]
        paths += [f"over/{slug}/{unit}.html" for unit in range(0, units, 5)]
    layer, held, image = atlas.layers[0], [], ""
    for number in range(requests):
        if number % 200 == 0:
            image = client.drop(dropped(number, 300))
        if number % 20 == 0:
            client.live("unit", image=image, unit=f"{layer.name}:{number // 20 % layer.units}")
        else:
            client.get(paths[number % len(paths)], packed=number % 2 == 0)
        if number % (requests // 10) == requests // 10 - 1:
            held.append(resident(process) / 1e6)
    said = f"{held[0]:.0f} MB after a tenth, {held[4]:.0f} after half, {held[-1]:.0f} at the end"
    return Row("memory", said, "flat", requests)


def processor_time(process: subprocess.Popen[str]) -> float:
    """Return the seconds that a process has computed, which do not depend on what else the machine does."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: subprocess.Popen[str]) -> int:
    """Return the bytes that the system holds for a process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("atlas", nargs="?")
    typed, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        path = typed.atlas or scanned(Path(folder) / "cifar.atlas")
        words = [str(path), *options]
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
        print(f"torch {torch.__version__}, starlette {starlette.__version__}, uvicorn {uvicorn.__version__};")
        with ph.open_atlas(path) as atlas:
            print(f"{atlas.manifest.network}, {sum(layer.units for layer in atlas.layers)} units; ", end="")
            print(f"load of the machine before it began: {os.getloadavg()[0]:.1f}\n")
            print("| what | found | goal | n |\n|---|---|---|---|")
            rows = list(starts(words, typed.starts))
            with explorer(words) as (process, link, _):
                client = Client(link)
                rows += [*loads(client, atlas), memory(client, atlas, process, typed.requests)]
    print("\n".join(f"| {row.what} | {row.found} | {row.goal} | {row.n} |" for row in rows))


def scanned(path: Path) -> Path:
    """Scan the bundled network over the bundled pictures."""
    ph.scan(ph.load("cifar"), ph.images("samples:32"), path, ["relu1", "relu2"]).close()
    return path


if __name__ == "__main__":
    main()

"""Every kind of broken file goes past a scan: scanned and passed over are all, each with its reason."""

import numpy as np
import pytest
from PIL import Image

import phosphene as ph
from tests.scan.brute import SIZE, network
from tests.sources.test_broken import KINDS


@pytest.mark.slow
def test_broken_files_are_passed_over_and_their_reasons_kept(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, (content, _) in KINDS.items():
        (folder / f"{name}.jpg").write_bytes(content)
    draw = np.random.default_rng(0)
    good = {f"good-{i}.png" for i in range(5)}
    for name in good:
        Image.fromarray(draw.integers(0, 256, (*SIZE, 3), np.uint8)).save(folder / name)
    for kind, picture in {
        "cmyk.jpg": Image.new("CMYK", (20, 30), (10, 200, 30, 40)),
        "palette.png": Image.new("P", (20, 30), 7),
        "deep.png": Image.fromarray(draw.integers(0, 65536, (30, 20), np.uint16)),
        "clear.png": Image.new("RGBA", (20, 30), (10, 20, 30, 40)),
    }.items():
        picture.save(folder / kind)
        good.add(kind)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    with ph.scan(network(), folder, tmp_path / "a.atlas", batch=4) as atlas:
        reasons = {failure.name: failure.reason for failure in atlas.failures}
        assert {row.name for row in atlas.images} == good
        assert len(KINDS) >= 30
        for name, (_, said) in KINDS.items():
            assert said in reasons[f"{name}.jpg"]
        assert atlas.progress.done == len(good) + len(reasons) == atlas.progress.total

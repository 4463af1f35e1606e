"""What goes in comes out; the books are in order; two ways to the same content have the same hash."""

import math
from dataclasses import replace

import numpy as np
import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.records import CorrelationRow, ImageRow, Options, Shard, Thumbnail, UnitRow
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import PhospheneError, UsageError
from tests.atlas import synthetic
from tests.atlas.everything import everything


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.atlas"


def scan(path, manifest=None, size=synthetic.SHARD):
    with AtlasWriter.create(path, manifest or synthetic.manifest()) as writer:
        synthetic.write(writer, size)


def hash_of(path):
    with open_atlas(path) as atlas:
        return atlas.content_hash()


@pytest.mark.slow
def test_what_was_written_is_read(path):
    scan(path)
    with open_atlas(path) as atlas:
        assert atlas.manifest == synthetic.manifest()
        assert list(atlas.images) == [row for shard in synthetic.shards() for row in shard.images]
        assert atlas.failures == [row for shard in synthetic.shards() for row in shard.failures]
        for layer, unit in synthetic.addresses():
            mine = (layer.name, unit)
            found = atlas[f"{layer.name}:{unit}"]
            assert found.stats == next(row for row in synthetic.units() if (row.layer, row.unit) == mine)
            examples = [row for row in synthetic.examples() if (row.layer, row.unit) == mine]
            assert [*found.examples, *found.typical] == examples
            assert set(found.classes) == {row for row in synthetic.classes() if (row.layer, row.unit) == mine}
            assert set(found.visible) == {row for row in synthetic.visible() if (row.layer, row.unit) == mine}
            assert set(found.correlated) == {r for r in synthetic.correlations() if (r.layer, r.unit) == mine}


def test_the_state_of_the_last_shard_is_read_as_it_was(path):
    scan(path)
    expected = synthetic.state(synthetic.IMAGES, synthetic.manifest())
    with open_atlas(path) as atlas:
        assert atlas.arrays() == sorted((layer, name) for layer, arrays in expected.items() for name in arrays)
        for layer, name in atlas.arrays():
            found = atlas.array(layer, name)
            np.testing.assert_array_equal(found, expected[layer][name], strict=True)
            found += 1  # a copy that may be changed


def test_one_file_is_left_and_while_it_grows_it_says_how_far_it_is(path):
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        for number in range(3):
            assert [each.name for each in path.parent.iterdir()] == ["a.atlas"]
            with open_atlas(path) as atlas:
                assert (atlas.progress.shards, atlas.progress.done, atlas.complete) == (number, 8 * number, False)
            writer.commit(synthetic.shard(number))
        assert (writer.done, writer.fingerprint) == (24, synthetic.fingerprint(24))
    assert [each.name for each in path.parent.iterdir()] == ["a.atlas"]


def test_an_open_atlas_follows_the_scan(path):
    with AtlasWriter.create(path, synthetic.manifest()) as writer, open_atlas(path) as atlas:
        assert len(list(atlas.images)) == 0
        with pytest.raises(PhospheneError, match="has not come to its end, so nothing is known of units yet"):
            atlas["relu2:3"]
        synthetic.write(writer)
        assert len(list(atlas.images)) == len(synthetic.scanned())
        assert atlas["relu2:3"].stats.unit == 3


@pytest.mark.slow
def test_going_on_after_every_shard_ends_with_the_same_content(path, tmp_path):
    scan(path)
    parts = tmp_path / "parts.atlas"
    AtlasWriter.create(parts, synthetic.manifest()).close()
    for number in range(5):
        with AtlasWriter.resume(parts, synthetic.manifest()) as writer:
            assert writer.done == 8 * number
            expected = synthetic.state(writer.done, synthetic.manifest()) if number else {}
            np.testing.assert_equal(writer.state, expected)
            writer.commit(synthetic.shard(number))
    with AtlasWriter.resume(parts, synthetic.manifest()) as writer:
        synthetic.write(writer)
    with open_atlas(path) as one, open_atlas(parts) as other:
        assert everything(one) == everything(other)


@pytest.mark.slow
def test_the_content_is_that_of_any_time_software_place_and_cut(path, tmp_path):
    scan(path)
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "b.atlas"
    scan(other, synthetic.manifest(created="2027-02-02T02:02:02Z", versions={"numpy": "3"}), size=20)
    assert hash_of(path) == hash_of(other)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        {"network": "other"},
        {"images": "others"},
        {"weights": "cd" * 32},
        {"options": Options(top=4, sample=16, batch=8, positions=2)},
    ],
)
def test_another_scan_has_another_content(path, tmp_path, changed):
    scan(path)
    scan(tmp_path / "b.atlas", synthetic.manifest(**changed))
    assert hash_of(path) != hash_of(tmp_path / "b.atlas")


@pytest.mark.slow
def test_every_value_is_part_of_the_content(path, tmp_path):
    hashes = set()
    for number, change in enumerate((0.0, 2.0**-40)):
        there = tmp_path / f"{number}.atlas"
        with AtlasWriter.create(there, synthetic.manifest()) as writer:
            for shard in synthetic.shards():
                writer.commit(shard)
            units = [replace(row, mean=row.mean + change) for row in synthetic.units()]
            writer.finish(units, [], [], [])
        hashes.add(hash_of(there))
    assert len(hashes) == 2


def test_numbers_of_numpy_and_numbers_that_are_none(path):
    rows = [UnitRow("pool", 0, np.int64(3), 0, *[np.float32("nan")] * 4, np.float32(-0.0), np.bool_(True))]
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.finish(rows, [], [], [])
    with open_atlas(path) as atlas:
        stats = atlas["pool:0"].stats
        assert (stats.count, stats.positive, stats.dead, stats.best_auc) == (3, 0.0, True, None)
        assert math.isnan(stats.mean)
        assert math.isnan(stats.maximum)
        with pytest.raises(PhospheneError, match=r"is damaged \(nothing is said of pool:1\)"):
            _ = atlas["pool:1"].stats


def test_names_that_are_no_unicode_are_kept_in_a_readable_way(path):
    shard = synthetic.shard(0)
    images = [replace(shard.images[0], name="caf\udce9\x00\n.jpg"), *shard.images[1:]]
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.commit(replace(shard, images=images))
    with open_atlas(path) as atlas:
        assert atlas.images[0].name == "caf\\udce9\x00\n.jpg"


def test_each_pair_is_kept_once_and_seen_from_both_sides(path):
    pairs = [
        CorrelationRow("relu2", 7, 3, 0.5),
        CorrelationRow("relu2", 3, 7, 0.5),
        CorrelationRow("relu2", 3, 1, -0.75),
    ]
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.finish([], [], pairs, [])
    with open_atlas(path) as atlas:
        assert atlas.query("SELECT unit, other, r FROM correlations").rows == [(1, 3, -0.75), (3, 7, 0.5)]
        assert [(c.unit, c.other, c.r) for c in atlas["relu2:3"].correlated] == [(3, 1, -0.75), (3, 7, 0.5)]
        assert [(c.unit, c.other) for c in atlas["relu2:7"].correlated] == [(7, 3)]


def test_thumbnails_made_along_are_kept_for_examples_only(path):
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        for shard in synthetic.shards():
            writer.commit(shard, [Thumbnail(row.index, synthetic.GREEN) for row in shard.images])
        writer.add_thumbnails([Thumbnail(0, synthetic.RED_AND_BLUE)])
        kept = [example for example in synthetic.examples() if example.layer == "pool"]
        writer.finish(synthetic.units(), kept, [], [])
    wanted = {example.image for example in kept}
    with open_atlas(path) as atlas:
        assert {row[0] for row in atlas.query("SELECT image FROM thumbnails")} == wanted
        assert wanted < set(synthetic.scanned())


@pytest.mark.slow
def test_space_of_former_states_is_given_back(path, tmp_path):
    large = synthetic.manifest(options=Options(top=4, sample=4000, batch=4, positions=2))
    state = synthetic.state(8, large)
    with AtlasWriter.create(path, large) as writer:
        for shard in synthetic.shards():
            writer.commit(replace(shard, state=state))
        while_running = path.stat().st_size
        writer.finish([], [], [], [])
    size = sum(array.nbytes for arrays in state.values() for array in arrays.values())
    assert while_running < 2.5 * size
    assert path.stat().st_size < size + 200_000


# -- what a caller must not do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 1}, "shard 0 from image 0 comes next"),
        ({"first": 1, "end": 9}, "shard 0 from image 0 comes next"),
        ({"end": 9}, "are not all of its images"),
        ({"images": [ImageRow(i, "a", None, 1, 1) for i in (0, 1, 2, 4, 4, 5, 7)]}, "are not in order"),
        ({"state": {"relu1": {"sums": np.zeros(3)}}}, "keeps no array 'sums'"),
        ({"state": {"relu1": {"mean": np.zeros(4)}}}, "float64 .* where <f8 3 belongs"),
        ({"state": {"relu1": {"mean": np.zeros(3, "f4")}}}, "float32"),
        ({"state": {"relu1": {"sample_image": np.zeros(17, "i8")}}}, "where <i8 16 belongs"),
    ],
)
def test_a_shard_that_does_not_fit(path, change, said):
    writer = AtlasWriter.create(path, synthetic.manifest())
    with writer, pytest.raises(ValueError, match=said):
        writer.commit(replace(synthetic.shard(0), **change))
    with open_atlas(path) as atlas:
        assert (atlas.progress.done, len(list(atlas.images)), atlas.arrays()) == (0, 0, [])


def test_a_short_sample_fits(path):
    state = {"relu1": {"sample_image": np.zeros(5, "i8"), "pair_count": np.array(7)}}
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.commit(replace(synthetic.shard(0), state=state))
        assert writer.state["relu1"]["pair_count"] == 7
        assert writer.state["relu1"]["sample_image"].shape == (5,)


def test_a_complete_atlas_takes_nothing_more(path):
    scan(path)
    with AtlasWriter.resume(path, synthetic.manifest()) as writer:
        assert writer.complete
        for call in (lambda: writer.finish([], [], [], []), lambda: writer.add_thumbnails([])):
            with pytest.raises(ValueError, match="takes nothing more"):
                call()


def test_an_empty_scan_is_an_atlas_too(path):
    with AtlasWriter.create(path, synthetic.manifest(layers=(), classes=(), total=None)) as writer:
        writer.commit(Shard(0, 0, 0, "x", 0.0, [], [], {}))
        writer.finish([], [], [], [])
    with open_atlas(path) as atlas:
        assert (atlas.complete, atlas.layers, len(atlas.images), atlas.progress.total) == (True, (), 0, None)
        with pytest.raises(UsageError, match="no layer 'relu2'"):
            atlas["relu2:3"]

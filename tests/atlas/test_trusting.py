"""Trust rows: whole units, each once, as they were measured; no part of what the scan says."""

import json
import math
from dataclasses import replace

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.records import TrustRow
from phosphene.atlas.trusting import TrustWriter
from phosphene.atlas.writing import AtlasWriter
from phosphene.errors import PhospheneError, UsageError
from tests.atlas import synthetic, trusted
from tests.atlas.everything import everything


def about(versions=None, **options) -> str:
    """Options are named as they are typed."""
    told = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    return json.dumps(told | ({"versions": versions} if versions else {}))


def add(path, units, told=trusted.ABOUT, again=False):
    with TrustWriter.open(path, told, again) as writer:
        writer.add(row for unit in units for row in trusted.of(*unit))
    return path


def told(path):
    with open_atlas(path) as atlas:
        return everything(atlas)


# -- what goes in comes out --------------------------------------------------------------------------------------------


def test_what_was_added_is_read(scanned):
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        assert writer.measured == frozenset()
        writer.add(reversed(list(trusted.rows())))
        assert writer.measured == set(trusted.units())
    with open_atlas(scanned) as atlas:
        for layer, unit in trusted.units():
            assert repr(atlas[f"{layer}:{unit}"].evidence) == repr(tuple(trusted.of(layer, unit)))
        assert atlas["pool:0"].evidence == ()
        assert math.isnan(atlas["relu2:5"].evidence[0].value)
        assert atlas["relu2:5"].evidence[0].baseline is None
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        assert writer.measured == set(trusted.units())


def test_how_it_was_measured_is_kept(scanned):
    add(scanned, trusted.units()[:1], about(seed=3, examples=None, rule="guided", versions={"phosphene": "1"}))
    with open_atlas(scanned) as atlas:
        found = {name: json.loads(value) for name, value in atlas.query("SELECT * FROM trust_options")}
    assert found == {"--seed": 3, "--examples": None, "--rule": "guided", "versions": {"phosphene": "1"}}


@pytest.mark.slow
def test_the_order_and_the_number_of_steps_do_not_matter(scanned, tmp_path):
    (tmp_path / "other.atlas").write_bytes(scanned.read_bytes())
    add(scanned, trusted.units())
    for unit in reversed(trusted.units()):
        add(tmp_path / "other.atlas", [unit])
    assert told(scanned) == told(tmp_path / "other.atlas")


def test_the_scan_says_what_it_said(scanned):
    before = told(scanned)
    add(scanned, trusted.units())
    after = told(scanned)
    assert before["hash"] == after["hash"]
    assert before["units"] == after["units"]
    assert before["evidence"] != after["evidence"]


def test_numbers_that_are_none_and_texts_that_are_not_unicode(scanned):
    row = TrustRow("pool", 0, "recall", math.inf, math.nan, None, -0.0, "caf\udce9", "a\x00b", "")
    with TrustWriter.open(scanned, "{}") as writer:
        writer.add([row])
    with open_atlas(scanned) as atlas:
        (found,) = atlas["pool:0"].evidence
    assert found == replace(row, low=None, baseline=0.0, compared_with="caf\\udce9")


def test_sentences_that_are_too_long_are_cut(scanned):
    """Names of classes may be of any length; `é` is two bytes, and none is cut in half."""
    row = replace(trusted.of("relu1", 0)[0], sentence="x" + "é" * 5000, caution="y" * 4000, compared_with="é" * 501)
    with TrustWriter.open(scanned, "{}") as writer:
        writer.add([row])
    with open_atlas(scanned) as atlas:
        (found,) = atlas["relu1:0"].evidence
    assert found.sentence == "x" + "é" * 1998 + "…"
    assert found.caution == row.caution
    assert found.compared_with == "é" * 498 + "…"


def test_the_view_says_what_people_ask(scanned):
    add(scanned, trusted.units())
    sql = "SELECT layer, unit, question, value, doubtful, dead, best_class FROM evidence ORDER BY layer, unit, question"
    best = {(unit.layer, unit.unit): unit.best_class for unit in synthetic.units()}
    with open_atlas(scanned) as atlas:
        found = atlas.query(sql).rows
    assert found == [
        (r.layer, r.unit, r.question, None if math.isnan(r.value) else r.value, int(r.caution != ""), dead, best[unit])
        for r in trusted.rows()
        for unit in [(r.layer, r.unit)]
        for dead in [int(unit == ("relu2", 5))]
    ]
    assert {row[4] for row in found} == {0, 1}


# -- going on, and beginning again -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"examples": 4}, {"examples": 9}, "with --examples 4; type that instead of --examples 9, or --again to drop"),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "c": 4}, "with --b 2 --c 3; type that instead of --b 3 --c 4, or"),
        ({"rule": "guided"}, {}, "with --rule guided; type that instead of no --rule, or --again"),
        ({}, {"grey_only": True}, "with no --grey-only; type that instead of --grey-only, or --again"),
        (
            {"layers": ["a", "b"]},
            {"layers": "a b"},
            """with --layers '["a","b"]'; type that instead of --layers 'a b'""",
        ),
        ({"rule": "\x1b[2J"}, {"rule": "guided"}, "with --rule ' [2J'; type that"),
    ],
)
def test_other_options_are_not_mixed(scanned, then, now, said):
    add(scanned, trusted.units()[:1], about(**then, versions={"torch": "1"}))
    before = told(scanned)
    with pytest.raises(UsageError) as error:
        TrustWriter.open(scanned, about(**now, versions={"torch": "1"}))
    assert str(error.value).startswith(f"the trust rows of {str(scanned)!r} were measured {said}")
    assert told(scanned) == before


def test_other_software_may_go_on(scanned):
    one, other = (about(seed=1, versions={"torch": version}) for version in "12")
    add(scanned, trusted.units()[:1], one)
    add(scanned, trusted.units()[1:2], other)
    add(scanned, trusted.units()[2:3], about(seed=1))
    assert told(scanned)["rows"]["trust_options"] == [("--seed", "1"), ("versions", '{"torch":"1"}')]


def test_options_of_no_unit_bind_nobody(scanned):
    TrustWriter.open(scanned, about(seed=1)).close()
    with TrustWriter.open(scanned, about(seed=2)) as writer:
        writer.add([])
    add(scanned, trusted.units(), about(seed=3))
    assert told(scanned)["rows"]["trust_options"] == [("--seed", "3")]


def test_beginning_again(scanned):
    bare = told(scanned)
    add(scanned, trusted.units(), about(seed=1, rule="guided"))
    with TrustWriter.open(scanned, about(seed=2), again=True) as writer:
        assert writer.measured == frozenset()
        assert told(scanned) == bare
        writer.add(trusted.of("relu1", 2))
    found = told(scanned)["rows"]
    assert [row[:2] for row in found["measured"]] == [("relu1", 2)]
    assert found["trust_options"] == [("--seed", "2")]
    assert len(found["trust"]) == 3


@pytest.mark.parametrize("text", ["", "[1]", '"x"', "{"])
def test_options_that_are_none(scanned, text):
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        TrustWriter.open(scanned, text)
    add(scanned, trusted.units())


# -- files that cannot be measured -------------------------------------------------------------------------------------


def test_a_scan_that_has_not_come_to_its_end(tmp_path):
    path = tmp_path / "begun.atlas"
    with AtlasWriter.create(path, synthetic.manifest()) as writer:
        writer.commit(synthetic.shard(0))
    with pytest.raises(
        PhospheneError, match=r"has not come to its end, so nothing is known .* phosphene scan … --resu"
    ):
        TrustWriter.open(path, trusted.ABOUT, again=True)
    with AtlasWriter.resume(path, synthetic.manifest()) as writer:
        synthetic.write(writer)
    add(path, trusted.units())


def test_files_that_are_none(scanned, tmp_path):
    for name, said in {"a.atlaz": "did you mean", "": "is a folder", "b.atlas": "is no atlas"}.items():
        (tmp_path / "b.atlas").write_text("nothing " * 1000)
        with pytest.raises(PhospheneError, match=said):
            TrustWriter.open(tmp_path / name, trusted.ABOUT)


def test_one_writer_at_a_time(scanned):
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        with pytest.raises(PhospheneError, match=r"another scan or measurement is writing '.*'; wait until .* ended$"):
            TrustWriter.open(scanned, trusted.ABOUT)
        with pytest.raises(PhospheneError, match="another scan is writing"):
            AtlasWriter.resume(scanned, synthetic.manifest())
        writer.add(trusted.of("relu1", 0))
    with AtlasWriter.resume(scanned, synthetic.manifest()) as scan:
        assert scan.complete
        with pytest.raises(PhospheneError, match="another scan or measurement is writing"):
            TrustWriter.open(scanned, trusted.ABOUT)
    assert len(told(scanned)["rows"]["measured"]) == 1


def test_one_that_slipped_in_between_two_commits_is_noticed(scanned, monkeypatch):
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        hold = writer._sole._hold

        def late():
            add(scanned, [("relu1", 1)])
            hold()

        monkeypatch.setattr(writer._sole, "_hold", late)
        with pytest.raises(
            PhospheneError, match=r"another scan or measurement wrote to .* go on with it by the same comm"
        ):
            writer.add(trusted.of("relu1", 0))
    assert [row[:2] for row in told(scanned)["rows"]["measured"]] == [("relu1", 0), ("relu1", 1)]


def test_a_reader_follows(scanned):
    with open_atlas(scanned) as atlas, TrustWriter.open(scanned, trusted.ABOUT) as writer:
        assert atlas["relu1:0"].evidence == ()
        writer.add(trusted.of("relu1", 0))
        assert atlas["relu1:0"].evidence == tuple(trusted.of("relu1", 0))


# -- what a caller must not do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (trusted.of("relu3", 0), "has no unit relu3:0"),
        (trusted.of("relu1", 3), "has no unit relu1:3"),
        (trusted.of("relu1", -1), "has no unit relu1:-1"),
        (trusted.of("relu1", 1), "relu1:1 has been measured already"),
        (trusted.of("relu1", 2) * 2, "relu1:2 has the same question twice"),
        ([replace(trusted.of("relu1", 2)[0], question=str(n)) for n in range(101)], "or more than 100"),
        ([replace(trusted.of("relu1", 2)[0], question="é" * 51)], "question is longer than 100 bytes"),
    ],
)
def test_rows_that_do_not_fit(scanned, rows, said):
    with TrustWriter.open(scanned, trusted.ABOUT) as writer:
        writer.add(trusted.of("relu1", 1))
        with pytest.raises(ValueError, match=said):
            writer.add([*trusted.of("relu1", 0), *rows])
        assert writer.measured == {("relu1", 1)}
        writer.add(trusted.of("relu1", 0))
    assert [row[:2] for row in told(scanned)["rows"]["measured"]] == [("relu1", 0), ("relu1", 1)]


def test_as_much_as_there_may_be(scanned):
    rows = [replace(trusted.of("relu1", 2)[0], question=f"{n:02}" * 50) for n in range(100)]
    with TrustWriter.open(scanned, about(long="x" * 9998)) as writer:
        writer.add(rows)
    with open_atlas(scanned) as atlas:
        assert list(atlas["relu1:2"].evidence) == rows

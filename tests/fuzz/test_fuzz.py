"""A few inputs of every kind that `tests/fuzz/run.py` has, and what becomes of bad readers."""

import re
from pathlib import Path

import pytest
from fuzz.all_targets import TARGETS
from fuzz.bad_readers import TARGETS as BAD
from fuzz.run import FINDS, SHARDS, run, shards_of
from fuzz.target import ACCEPTED, FIND, REJECTED, Prepared, change_of
from fuzz.workers import Limits, Shard, Worker

PACKAGE = Path(__file__).resolve().parents[2] / "kaggle_fkd"
BAD_MODULE = "fuzz.bad_readers"
FEW = 4
"""Inputs of a target of weight 1."""
READS = re.compile(
    r"read_file\(|read_text_file\(|open_file\(|open_zip\(|read_json_or_empty\(|rows_of\("
    r"|\.read_text\(|\.read_bytes\(|Image\.open\(|read_csv\(|read_csv_file\(|np\.load\(|onnx\.load\(|json\.loads\("
    r"|ParquetFile\(|decode_picture\(|read_body\(|read_upload\("
)
"""What the code of a module that reads files or requests has."""
NOT_FUZZED = {
    "competition/kaggle/kernel.py": "packs the files of the package",
    "competition/sample/photograph.py": "reads a picture that it has made in memory",
    "report/pictures.py": "reads the figures of an analysis, whose sha256 were compared",
    "runs/label_files.py": "copies what was read and checked before",
    "runs/provenance.py": "reads a file of the package",
    "system/device.py": "reads a file of the system",
    "system/reading.py": "reads for all the others",
    "web/single_page.py": "reads files of the package",
}
"""Modules that read, but nothing that anybody else may have written."""


@pytest.mark.parametrize("name", [name for name in TARGETS if TARGETS[name].weight >= 1])
def test_what_is_damaged_is_read_or_rejected_in_one_line(tmp_path, name):
    prepared = Prepared(TARGETS[name], tmp_path / "fuzz")
    outcomes = [prepared.judge(0, index) for index in range(round(FEW * TARGETS[name].weight))]
    assert [outcome for outcome in outcomes if outcome.verdict == FIND] == []


def test_every_module_that_reads_is_fuzzed():
    modules = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if READS.search(path.read_text())
    }
    fuzzed = {module for target in TARGETS.values() for module in target.reads}
    assert all((PACKAGE / module).is_file() for module in fuzzed)
    assert modules - fuzzed == NOT_FUZZED.keys()


@pytest.mark.parametrize(
    ("name", "verdict", "said"),
    [
        ("accept", ACCEPTED, ""), ("reject", REJECTED, "it is damaged -> download it again"),
        ("raise", FIND, "KeyError: 'a defect'"), ("warn", FIND, "a warning: .* an overflow"),
        ("say two lines", FIND, "a message of several lines"),
        ("other data", FIND, "other data were accepted: .* instead of b'a valid example"),
    ],
)  # fmt: skip
def test_what_is_neither_read_nor_rejected_in_one_line_is_found(tmp_path, name, verdict, said):
    prepared = Prepared(BAD[name], tmp_path / "fuzz")
    outcomes = [prepared.judge(0, index) for index in range(5)]
    assert [(each.index, each.verdict) for each in outcomes] == [(i, verdict) for i in range(5)]
    assert all(re.search(said, outcome.said) for outcome in outcomes)


def test_an_input_depends_on_the_seed_and_its_number_alone(tmp_path):
    prepared = Prepared(TARGETS["labels"], tmp_path / "fuzz")
    good, target = prepared.good, prepared.target
    changes = [change_of(target, good, 0, index) for index in range(50)]
    prepared.judge(0, 0)
    assert [change_of(target, good, 0, index) for index in range(50)] == changes
    assert [change_of(target, good, 1, index) for index in range(50)] != changes
    assert {each.file for each in changes} == set(prepared.files)


def test_all_inputs_are_dealt_and_each_target_has_one():
    shards = [*shards_of(TARGETS, 10_000)]
    assert sum(shard.stop - shard.start for shard in shards) == pytest.approx(10_000, rel=0.01)
    assert {shard.target for shard in shards_of(TARGETS, 1)} == TARGETS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "limits", "said"),
    [("hang", Limits(seconds=1), "no answer within 1 seconds"),
     ("die", Limits(), "the process ended with code -11"),
     ("fill memory", Limits(60, megabytes=500), "more than 500 MB of memory")],
)  # fmt: skip
def test_a_process_that_hangs_dies_or_fills_the_memory_is_replaced(name, limits, said):
    worker = Worker(0, limits, BAD_MODULE)
    outcomes = [*worker.outcomes(Shard(name, 0, 2)), *worker.outcomes(Shard("accept", 0, 2))]
    worker.close()
    assert [(outcome.index, outcome.verdict) for outcome in outcomes] == [
        (0, FIND), (1, FIND), (0, ACCEPTED), (1, ACCEPTED)
    ]  # fmt: skip
    assert {outcome.said for outcome in outcomes[:2]} == {said}


@pytest.mark.slow
def test_a_run_keeps_its_finds_and_continues_where_it_stopped(tmp_path):
    shards = [Shard("reject", 0, 3), Shard("die", 0, 1), Shard("raise", 0, 2), Shard("raise", 2, 4)]
    run(tmp_path, shards[:3], 0, 1, Limits(), BAD_MODULE)
    before = (tmp_path / SHARDS).read_text()
    totals = run(tmp_path, shards, 0, 2, Limits(), BAD_MODULE)
    assert (tmp_path / SHARDS).read_text().startswith(before)
    assert {row.target: (row.inputs, row.rejected, row.finds) for row in totals} == {
        "die": (1, 0, 1), "raise": (4, 0, 4), "reject": (3, 3, 0)
    }  # fmt: skip
    finds = {path.name: path for path in (tmp_path / FINDS).iterdir()}
    assert finds.keys() == {"die 0", "raise 0", "raise 1", "raise 2", "raise 3"}
    said = [(path / "what.txt").read_text() for path in finds.values()]
    assert sum("KeyError: 'a defect'" in each for each in said) == 4

"""A part of a table, written once."""

import json
import os
from functools import partial

import pyarrow
import pytest
from pyarrow.parquet import read_table, write_table
from support.tables import PART, begun, written

from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.parquet.part import PartWriter, describe_networks, write_part
from kaggle_fkd.photo.parquet.table import begin_table, open_table


def test_a_part_is_written_once(tmp_path):
    table, work = begun(tmp_path, 7)
    writer = PartWriter(table, work.finder.load())
    assert [writer.write(1), writer.write(0)] == [2, PART]
    assert table.count_rows() == (6, 1, 0)
    before = written(table)
    assert len(before) == 2 and table.unfinished() == []
    assert writer.write(0) == PART and written(table) == before


def test_networks_that_cannot_be_computed_end_the_call_and_no_picture_has_failed(tmp_path):
    table, _ = begun(tmp_path, 3)

    def out_of_memory(picture):
        raise RunError("m.onnx: cannot be computed (out of memory)", "use the CPU")

    writer = PartWriter(table, FaceKeypoints(detector=out_of_memory))
    with pytest.raises(RunError, match="cannot be computed"):
        writer.write(0)
    assert table.unfinished() == [0]


def test_a_picture_for_which_memory_is_too_small_is_a_row_that_says_so(tmp_path):
    table, _ = begun(tmp_path, 3)

    def out_of_memory(picture):
        raise MemoryError

    PartWriter(table, FaceKeypoints(detector=out_of_memory)).write(0)
    _, *failures = read_table(table.part_file(0))["failure"].to_pylist()  # the first is missing
    assert [each.split(" ->")[0] for each in failures] == 2 * ["astronaut: out of memory"]


def test_a_part_without_its_columns_or_that_is_a_pipe_is_damaged(tmp_path):
    table, _ = begun(tmp_path, 3)
    for make in (partial(write_table, pyarrow.table({"face": [1]})), os.mkfifo):
        make(table.part_file(0))
        with pytest.raises(FkdError, match=r"part-00000\.parquet is damaged"):
            table.count_rows()
        table.part_file(0).unlink()


@pytest.mark.parametrize("damage", [{"inputs": []}, {"pictures": "3"}, {"folder": None}])
def test_a_table_with_a_damaged_record_is_refused(tmp_path, damage):
    table, _ = begun(tmp_path, 3)
    (table.folder / "_table.json").write_text(json.dumps({**table.record, **damage}))
    with pytest.raises(FkdError, match=r"_table\.json is missing or damaged"):
        open_table(table.folder)


def test_a_record_with_another_number_of_pictures_than_are_listed_is_damaged(tmp_path):
    table, work = begun(tmp_path, 3)
    record = {**table.record, "pictures": 2**62}
    (table.folder / "_table.json").write_text(json.dumps(record))
    with pytest.raises(FkdError, match=r"_table\.json is damaged"):
        begin_table(
            table.folder, table.record["inputs"]["inputs"], PART,
            describe_networks(work.finder.load()),
        )  # fmt: skip


def test_a_machine_with_another_version_is_refused(tmp_path):
    table, work = begun(tmp_path, 7)
    record = {**table.record, "inputs": {**table.record["inputs"], "version": "0.1"}}
    (table.folder / "_table.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"not the version that .* was begun with"):
        write_part(work, 0)
    assert open_table(table.folder).unfinished() == [0, 1]

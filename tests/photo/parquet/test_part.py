"""A part of a table, written once."""

import json

import pytest
from support.tables import PART, begun, written

from kaggle_fkd.errors import RunError
from kaggle_fkd.photo.parquet.part import PartWriter, write_part
from kaggle_fkd.photo.parquet.table import open_table


def test_a_part_is_written_once(tmp_path):
    table, work = begun(tmp_path, 7)
    writer = PartWriter(table, work.networks.open())
    assert [writer.write(1), writer.write(0)] == [2, PART]
    assert table.count_rows() == (6, 1, 0)
    before = written(table)
    assert len(before) == 2 and table.unfinished() == []
    assert writer.write(0) == PART and written(table) == before


def test_a_machine_with_another_version_is_refused(tmp_path):
    table, work = begun(tmp_path, 7)
    record = {**table.record, "inputs": {**table.record["inputs"], "version": "0.1"}}
    (table.folder / "_table.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"not the version that .* was begun with"):
        write_part(work, 0)
    assert open_table(table.folder).unfinished() == [0, 1]

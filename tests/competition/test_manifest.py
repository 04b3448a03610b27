"""The manifest of the data."""

import json

import pytest
from support import csv_files

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.manifest import write_manifest
from kaggle_fkd.competition.task import CompetitionTask


def recipe_in(folder):
    return json.loads((folder / "manifest.json").read_text())["sample_recipe"]


@pytest.mark.parametrize(
    "content",
    [b'{"sample_recipe": {"ver', b"", b"[]", b"[" * 200_000, b'{"a": "\xff"}', b'{"files": 3}'],
    ids=["cut off", "empty", "a list", "nested too deep", "not UTF-8", "a number"],
)
def test_a_damaged_manifest_is_written_again(tmp_path, tables, content):
    folder = csv_files.write_plain(tmp_path, tables)
    (folder / "manifest.json").write_bytes(content)
    assert not load_competition(folder).is_sample
    CompetitionTask(folder).fetch()
    assert recipe_in(folder) is None


def test_the_manifest_of_sample_faces_does_not_apply_to_files_that_replaced_them(tmp_path, tables):
    folder = csv_files.write_plain(
        tmp_path, {**tables, "test.csv": csv_files.test_table(4, seed=9)}
    )
    write_manifest(folder, {"seed": 1})
    csv_files.write_plain(folder, tables)
    assert not load_competition(folder).is_sample
    CompetitionTask(folder).fetch()
    assert recipe_in(folder) is None

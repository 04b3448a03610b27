"""Sample faces are recognised by the mark in their pictures."""

import pandas as pd
import pytest
from support import csv_files

from kaggle_fkd.competition.load import load_competition


@pytest.fixture
def drawn(sample_dir):
    """The tables of sample faces, as text."""
    names = ("training.csv", "test.csv", "IdLookupTable.csv")
    return {name: pd.read_csv(sample_dir / name, dtype=str) for name in names}


@pytest.mark.parametrize(
    "write", [csv_files.write_plain, csv_files.write_inner_zips, csv_files.write_bundle]
)
def test_sample_faces_are_recognised_without_their_manifest(tmp_path, drawn, write):
    folder = write(tmp_path, drawn)
    assert load_competition(folder).is_sample
    assert load_competition(folder).is_sample  # from the cache


@pytest.mark.parametrize("name", ["training.csv", "test.csv"])
def test_a_few_sample_faces_among_others_are_recognised(tmp_path, tables, drawn, name):
    few = drawn[name].iloc[[7, 3]].assign(ImageId=["8", "9"])[tables[name].columns]
    tables[name] = pd.concat([tables[name], few], ignore_index=True)
    if name == "test.csv":
        tables[name]["ImageId"] = [str(number + 1) for number in range(len(tables[name]))]
    assert load_competition(csv_files.write_plain(tmp_path, tables)).is_sample


def test_other_faces_are_not_taken_for_sample_faces(tmp_path, tables):
    assert not load_competition(csv_files.write_plain(tmp_path, tables)).is_sample

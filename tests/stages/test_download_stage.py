"""The stage `download`, and what takes the place of files that are missing."""

import json
from pathlib import Path

import pytest
from support import csv_files
from support.command_line import QUICK, QUICK_ALL, last_line

from kaggle_fkd.competition.archive import BUNDLE


def test_only_all_falls_back_to_sample_faces(place):
    code, out, err = place("--stage", "download")
    assert code == 1 and out == "" and "no Kaggle credentials" in err
    code, _, err = place("--stage", "eda,train")
    assert code == 1 and "run the download stage" in err
    assert not (place.data / "sample").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("small_default_sample", "shortly_analysed")
def test_damaged_sample_faces_are_drawn_anew_and_the_end_is_loud(place):
    code, _, err = place("--stage", "all", *QUICK_ALL)
    assert code == 0 and err.count("SAMPLE FACES") == 2, err
    (report,) = place.runs.glob("*/report.html")
    assert "Measured on sample faces" in report.read_text()
    code, _, err = place("--stage", "download,all", *QUICK_ALL)
    assert "already in" in err and err.count("skipped") == 3
    (place.data / "sample" / "test.csv").unlink()
    code, out, err = place("--stage", "all,submit", "--yes", *QUICK_ALL)
    assert code == 1 and "drawing them" in err and last_line(out).exists()
    # The closing notice comes even when a stage fails.
    assert err.count("SAMPLE FACES") == 2 and "never uploaded" in err.splitlines()[-1]


def test_bad_credentials_are_an_error_and_no_reason_to_fall_back(place, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    code, _, err = place("--stage", "all")
    assert code == 1 and "bad Kaggle credentials" in err
    assert not (place.data / "sample").exists()


def test_a_part_of_the_files_without_credentials_names_both(place):
    csv_files.write_plain(place.data, {"training.csv": csv_files.tables()["training.csv"]})
    code, _, err = place("--stage", "download")
    assert code == 1 and "there are no Kaggle credentials" in err and "make a token" in err
    assert "download stage" not in err


def test_damaged_files_are_an_error_and_no_reason_to_fall_back(place):
    tables = csv_files.tables()
    bundle = csv_files.write_bundle(place.data, tables) / BUNDLE
    bundle.write_bytes(bundle.read_bytes()[:1000])
    code, _, err = place("--stage", "all")
    assert code == 1 and "truncated" in err and str(bundle) in err
    assert not (place.data / "sample").exists()


def test_every_stage_checks_all_files(real):
    lookup = real.data / "IdLookupTable.csv"
    lookup.write_text(lookup.read_text() + "99999,1,chin_x,\n")
    for stage in ("download", "eda", "train", "predict"):
        code, _, err = real("--stage", stage, *(QUICK if stage == "train" else ()))
        assert code == 1 and "chin_x" in err and "IdLookupTable.csv, row" in err


def test_download_finds_data_in_place_and_writes_a_manifest(real):
    code, _, err = real("--stage", "download")
    assert code == 0 and "already present" in err
    files = json.loads((real.data / "manifest.json").read_text())["files"]
    assert {Path(file["source"][0]).name for file in files} >= {"training.csv", "test.csv"}
    assert all(len(file["sha256"]) == 64 for file in files)

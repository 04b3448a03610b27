"""The stage `submit`: what it shows, refuses, and never uploads."""

import json
import shutil

import pandas as pd
import pytest
from support.command_line import QUICK, last_line

from kaggle_fkd.runs.find import newest_trained


def test_submit_shows_what_would_be_sent_even_when_quiet(done):
    code, out, err = done("--stage", "submit", "--quiet")
    assert code == 0 and out == "" and "nothing was sent" in err and ".csv" in err


def test_submit_shows_what_would_be_sent_and_stops_there(done):
    code, out, err = done("--stage", "submit", "--message", "hello Kaggle")
    assert code == 0 and out == ""
    assert "hello Kaggle" in err and "kaggle.com/competitions/facial-keypoints-detection" in err
    assert "nothing was sent" in err and ".csv" in err
    assert not (done.submissions / "log.csv").exists()


def test_locations_at_the_border_are_said_and_not_sent(done, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token with a space")  # nothing can be sent
    clipped = done.submissions / "clipped.csv"
    table = pd.read_csv(last_line(done("--stage", "predict")[1]))
    table.loc[table.index[::50], "Location"] = 96.0
    table.to_csv(clipped, index=False)
    code, _, err = done("--stage", "submit", "--submission", clipped)
    assert code == 0 and "doubtful: 2." in err and "at the border of the image" in err
    code, _, err = done("--stage", "submit", "--submission", clipped, "--yes")
    assert code == 1 and "nothing was sent" in err and "or add --allow-doubtful" in err
    code, _, err = done("--stage", "submit", "--submission", clipped, "--yes", "--allow-doubtful")
    assert code == 1 and "bad Kaggle credentials" in err  # it would have been sent


def test_predictions_of_networks_that_have_not_learnt_are_said_and_not_sent(done, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token with a space")
    (member,) = newest_trained(done.runs).members
    summary = member.summary | {"doubts": ["worse than the mean face"]}
    member.summary_file.write_text(json.dumps(summary))
    code, out, err = done("--stage", "predict", "--force")
    assert code == 0 and "warning: " in err
    doubt = f"{member.name}: worse than the mean face"
    assert f"is not fit to be sent: {doubt}" in err
    for stages in ("submit", "blend,submit"):
        files = ("--blend", last_line(out), done.submissions / "other.csv")
        pd.read_csv(files[1]).assign(Location=40).to_csv(files[2], index=False)
        code, _, err = done("--stage", stages, "--yes", *(files if "blend" in stages else ()))
        assert code == 1 and f"nothing was sent, as it is doubtful: {doubt}" in err


def test_a_submission_that_was_changed_is_not_attributed_to_its_run(done):
    path = last_line(done("--stage", "predict")[1])
    assert f"by {path.stem}" in done("--stage", "submit", "--submission", path)[2]
    record = json.loads(path.with_suffix(".json").read_text())
    doubtful = record | {"doubts_of_networks": ["it has risen"]}
    path.with_suffix(".json").write_text(json.dumps(doubtful))
    pd.read_csv(path).assign(Location=40).to_csv(path, index=False)
    code, _, err = done("--stage", "submit", "--submission", path)
    assert code == 0 and "changed:  since it was predicted" in err and "doubtful: it has" in err
    assert "by an unknown run" in err and "validation RMSE" not in err
    path.with_suffix(".json").write_text(json.dumps(record | {"sample_faces": True}))
    code, _, err = done("--stage", "submit", "--submission", path, "--yes")
    assert code == 1 and "never uploaded" in err


def test_submit_refuses_an_invalid_file(done):
    bad = done.submissions / "bad.csv"
    bad.write_text("RowId,Location\n1,1e9\n")
    code, _, err = done("--stage", "submit", "--submission", str(bad))
    assert code == 1 and "bad.csv" in err and "not within" in err
    code, _, err = done("--stage", "submit", "--submission", str(done.submissions / "none.csv"))
    assert code == 1 and "no such file" in err


@pytest.mark.slow
def test_a_submission_of_sample_faces_is_never_uploaded(place, sample_dir, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    shutil.copytree(sample_dir, place.data, dirs_exist_ok=True)
    code, out, _ = place("--stage", "train,predict", *QUICK)
    assert code == 0 and last_line(out).name.startswith("sample-")
    code, _, err = place("--stage", "submit", "--yes")
    assert code == 1 and "sample faces" in err
    # Not under another name either.
    other = last_line(out).rename(place.submissions / "mine.csv")
    code, _, err = place("--stage", "submit", "--yes", "--submission", str(other))
    assert code == 1 and "sample faces" in err


@pytest.mark.slow
def test_sample_faces_that_lost_their_manifest_are_not_uploaded(real, sample_dir, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    assert not (real.data / "manifest.json").exists()
    for table in real.data.glob("*.csv"):
        shutil.copyfile(sample_dir / table.name, table)
    code, out, err = real("--stage", "train,predict,submit", "--yes", *QUICK)
    assert code == 1 and "sample faces" in err
    assert last_line(out).name.startswith("sample-")

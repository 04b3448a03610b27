"""The blend stage on the command line."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from support.command_line import last_line


@pytest.fixture
def two_files(done):
    """The submission that is there, and another one whose locations are all 40."""
    first = last_line(done("--stage", "predict")[1])
    second = done.submissions / "second.csv"
    pd.read_csv(first).assign(Location=40).sample(frac=1).to_csv(second, index=False)
    return first, second


def test_the_blend_stage_writes_a_submission_that_can_be_sent(done, two_files):
    first, second = two_files
    code, out, err = done(
        "--stage", "blend,submit", "--blend", first, second, "--blend-weights", "1", "3"
    )
    assert code == 0, err
    blended = pd.read_csv(last_line(out))
    expected = (pd.read_csv(first)["Location"] + 3 * 40) / 4
    np.testing.assert_allclose(blended["Location"], expected, atol=1e-4)
    assert "nothing was sent" in err and last_line(out).name in err
    assert not last_line(out).name.startswith("sample-")
    record = json.loads(last_line(out).with_suffix(".json").read_text())
    assert record["inputs"]["weights"] == [1, 3] and len(record["inputs"]["files"]) == 2
    again = last_line(done("--stage", "blend", "--blend", first, second)[1])
    assert again != last_line(out)


def test_the_name_of_a_blend_depends_on_files_with_their_weights_and_not_on_their_order(
    done, two_files
):
    def named(files, weights):
        code, out, err = done("--stage", "blend", "--blend", *files, "--blend-weights", *weights)
        assert code == 0, err
        return last_line(out).name

    weighted = named(two_files, (2, 1))
    assert named(two_files[::-1], (1, 2)) == weighted
    assert named(two_files[::-1], (2, 1)) != weighted


def test_the_blend_stage_says_what_is_wrong_before_any_work(done, two_files):
    first, second = two_files
    before = set(done.submissions.iterdir())
    for arguments, code, message in (
        ((), 2, "a blend needs two submissions"),
        (("--blend", first), 2, "a blend needs two submissions"),
        (("--blend", second, second), 2, "second.csv is given twice"),
        (("--blend", first, second, "--blend-weights", "1"), 2, "need 2 weights, not 1"),
        (
            ("--blend", first, second, "--blend-weights", "1", "-1"),
            2,
            "weight -1.0 is out of range",
        ),
        (("--blend", first, done.submissions / "none.csv"), 1, "none.csv: no such file"),
    ):
        ended, out, err = done("--stage", "blend", *arguments)
        assert ended == code and out == "" and message in err
    second.write_text("RowId,Location\n1,50\n")
    code, out, err = done("--stage", "blend", "--blend", first, second)
    assert code == 1 and out == "" and "second.csv" in err
    assert set(done.submissions.iterdir()) == before


def test_a_blend_needs_no_data(done, two_files):
    shutil.rmtree(done.data)
    code, out, err = done("--stage", "blend", "--blend", *two_files)
    assert code == 0, err
    assert len(pd.read_csv(last_line(out))) == len(pd.read_csv(two_files[0]))


@pytest.mark.parametrize("known_by", ["receipt", "name"])
def test_a_blend_with_sample_faces_in_it_is_never_uploaded(done, two_files, known_by, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    first, second = two_files
    if known_by == "receipt":
        second.with_suffix(".json").write_text('{"sample_faces": true}')
    else:
        second = second.rename(done.submissions / "sample-second.csv")
    code, out, err = done("--stage", "blend,submit", "--yes", "--blend", first, second)
    assert last_line(out).name.startswith("sample-")
    assert code == 1 and "never uploaded" in err

"""What a killed call left, and the next call tidies up."""

from support.command_line import QUICK

from kaggle_fkd.runs.find import newest_trained
from kaggle_fkd.system.temporary import temporary_beside


def test_what_a_killed_call_left_goes_when_the_next_one_starts(place, tmp_path):
    output = tmp_path / "output"
    results = (place.runs / "run" / "member-00" / "metrics.csv", output / "clip.mp4")
    left = [temporary_beside(path) for path in results]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_text("half")
    code, _, _ = place("--stage", "photo", "--input", "a.png", "--output", output, "--jobs", "2")
    assert code == 2  # whatever becomes of the call
    assert [path for path in left if path.exists()] == []


def test_a_training_that_was_killed_at_its_very_end_is_tidied_up_by_the_same_call(done):
    member = newest_trained(done.runs).member(0)
    member.curve_file.unlink()
    code, _, err = done("--stage", "train", *QUICK)
    assert code == 0 and "skipped" not in err and member.curve_file.exists()
    code, _, err = done("--stage", "train", *QUICK)
    assert code == 0 and "skipped" in err


def test_a_page_that_was_being_written_when_its_call_was_killed_goes_too(place, tmp_path):
    left = temporary_beside(tmp_path / "page" / "keypoints.html")
    left.parent.mkdir()
    left.write_text("half")
    code, _, err = place(
        "page", "--runtime", tmp_path / "none", "--output", left.parent / "keypoints.html"
    )
    assert code == 2 and "cannot be read" in err and not left.exists()

"""The log of the submissions that were sent."""

from concurrent.futures import ThreadPoolExecutor

from support.csv_files import rows

from kaggle_fkd.competition.kaggle.score import Score
from kaggle_fkd.competition.kaggle.submission_log import COLUMNS, log_submission

SENT = {
    "time": "2026-11-20T10:00:00+00:00",
    "file": "a.csv",
    "sha256": "0" * 64,
    "run": "run-1",
    "message": "two, with a comma",
}


def test_later_submissions_come_below_earlier_ones(log_file):
    log_submission(log_file, SENT, Score(1, "complete", 2.5, 2.0))
    log_submission(log_file, SENT, Score(2))
    log_submission(log_file, SENT, Score(2, "complete", 1.5, 1.0))
    assert [(row["ref"], row["public"]) for row in rows(log_file)] == [("1", "2.5"), ("2", "1.5")]
    assert [row["message"] for row in rows(log_file)] == [SENT["message"]] * 2
    assert log_file.read_text().splitlines()[0] == ",".join(COLUMNS)


def test_what_was_being_sent_is_replaced_by_what_became_of_it(log_file):
    log_submission(log_file, SENT, None)
    log_submission(log_file, {**SENT, "sha256": "1" * 64}, None)
    log_submission(log_file, SENT, Score(1))
    assert [(row["sha256"][0], row["ref"], row["status"]) for row in rows(log_file)] == [
        ("0", "1", "pending"),
        ("1", "", "sending"),
    ]


def test_a_log_that_a_person_edited_keeps_every_cell(log_file):
    log_file.parent.mkdir()
    log_file.write_text(
        '\ufeffref,notes,time\r\n7,"mine, best",2026\r\n8,ragged\r\n', encoding="utf-8"
    )
    log_submission(log_file, SENT, Score(9, "complete", 2.5, 2.0))
    log_submission(log_file, SENT, Score(8))
    old, second, new = rows(log_file)
    assert (old["ref"], old["notes"], old["time"]) == ("7", "mine, best", "2026")
    assert (second["ref"], second["status"]) == ("8", "pending")
    assert (new["ref"], new["private"], new["time"]) == ("9", "2.0", SENT["time"])
    assert new["notes"] == ""


def test_a_note_in_a_column_of_ones_own_survives_the_score(log_file):
    log_submission(log_file, SENT, Score(1))
    header, row = log_file.read_text().splitlines()
    log_file.write_text(f"{header},notes\n{row},with more faces\n")
    log_submission(log_file, SENT, Score(1, "complete", 2.5, 2.0))
    [row] = rows(log_file)
    assert (row["status"], row["notes"]) == ("complete", "with more faces")


def test_submissions_that_are_logged_at_the_same_time_are_all_kept(log_file):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda ref: log_submission(log_file, SENT, Score(ref)), range(1, 33)))
    assert sorted(int(row["ref"]) for row in rows(log_file)) == list(range(1, 33))

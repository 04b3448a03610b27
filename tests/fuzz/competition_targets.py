"""The competition's files, and those of Kaggle's accounts and kernels."""

import json
import zipfile
from pathlib import Path
from unittest.mock import patch

import numpy as np
from fuzz.target import Target
from support import csv_files

from kaggle_fkd.arguments import parse
from kaggle_fkd.competition.archive import BUNDLE
from kaggle_fkd.competition.blend import blend_submissions
from kaggle_fkd.competition.kaggle.credentials import find_credentials, redact
from kaggle_fkd.competition.kaggle.run_kernel import log_lines
from kaggle_fkd.competition.kaggle.score import Score
from kaggle_fkd.competition.kaggle.submission_log import (
    COLUMNS,
    LOG,
    log_submission,
    logged_submissions,
    score_in,
)
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.manifest import sample_recipe, unchanged_since_manifest, write_manifest
from kaggle_fkd.competition.record import earlier_submission, newest_submission_by, write_record
from kaggle_fkd.competition.submission import check_submission, write_submission
from kaggle_fkd.pipeline import run_pipeline
from kaggle_fkd.stages.tasks import choose_task
from kaggle_fkd.system.files import sha256_of

INPUTS = {"test_hash": "of the test"}
SENT = dict.fromkeys(COLUMNS[:5], "x")


def run_stages(*words: object) -> list[str]:
    """What the command line does with these words, without its report of errors."""
    stages = parse([*map(str, words)], "kaggle-fkd")
    return list(run_pipeline(stages, choose_task(stages)))


def write_competition(folder: Path) -> None:
    """Two faces of each label convention, and four to predict."""
    tables = csv_files.tables() | {"training.csv": csv_files.training_table(4)}
    rows = tables["IdLookupTable.csv"][["RowId"]].assign(Location="0")
    csv_files.write_plain(folder, tables | {"SampleSubmission.csv": rows})


def _digests(folder: Path, file: Path) -> tuple[str, str]:
    competition = load_competition(folder)
    return competition.train.digest(), competition.test_digest


def _write_bundle(folder: Path) -> None:
    bundle = csv_files.write_bundle(folder / "stored", csv_files.tables()) / BUNDLE
    with zipfile.ZipFile(bundle) as stored, zipfile.ZipFile(folder / BUNDLE, "w") as deflated:
        for name in stored.namelist():
            deflated.writestr(name, stored.read(name), zipfile.ZIP_DEFLATED)


def _write_cached(folder: Path) -> None:
    write_competition(folder)
    load_competition(folder)


def _write_manifested(folder: Path) -> None:
    write_competition(folder)
    write_manifest(folder, {"seed": 7, "size": [1, 2]})


def _read_manifest(folder: Path, file: Path) -> object:
    return sample_recipe(folder), unchanged_since_manifest(folder)


def _write_submissions(folder: Path) -> None:
    for seed in range(2):
        keypoints = np.random.default_rng(seed).uniform(0, 96, (4, 15, 2))
        write_submission(folder / f"{seed}.csv", csv_files.LOOKUP, keypoints)


def _read_submissions(folder: Path, file: Path) -> object:
    check_submission(file, csv_files.LOOKUP)
    return blend_submissions([folder / "0.csv", folder / "1.csv"])


def _write_recorded(folder: Path) -> None:
    _write_cached(folder / "data")
    submissions = folder / "subs"
    _write_submissions(submissions)
    submission, scores = submissions / "1.csv", {"run": {"all": 2.5}}
    write_record(
        submission, sha256_of(submission), INPUTS, "run", False, validation_rmse=scores,
        clipped_share=0.5,
    )  # fmt: skip


def _submit(folder: Path, file: Path) -> object:
    submissions = folder / "subs"
    earlier = earlier_submission(submissions, INPUTS)
    by_run = newest_submission_by(submissions, "run", INPUTS["test_hash"])
    folders = ("--data-dir", folder / "data", "--submissions-dir", submissions)
    return earlier, by_run, run_stages("submit", "--submission", submissions / "1.csv", *folders)


def _write_log(folder: Path) -> None:
    for time in ("2026-01-01", "2026-01-02"):
        log_submission(folder / LOG, SENT | {"time": time}, None)
    log_submission(folder / LOG, SENT, Score(4711, "complete", 1.5, 1.25))


def _read_log(folder: Path, file: Path) -> object:
    log_submission(folder / LOG, SENT, None)
    return [*map(score_in, logged_submissions(folder / LOG))]


def _write_credentials(folder: Path) -> None:
    kaggle = folder / ".kaggle"
    kaggle.mkdir()
    login = {"refresh_token": "refresh", "access_token": "access", "username": "me"}
    (kaggle / "credentials.json").write_text(json.dumps(login))
    (kaggle / "kaggle.json").write_text(json.dumps({"username": "me", "key": "0123456789"}))
    (kaggle / "access_token").write_text("KGAT_0123456789abcdef\n")


def _read_credentials(folder: Path, file: Path) -> object:
    with patch.dict("os.environ", {"HOME": str(folder)}, clear=True):
        return find_credentials(), redact("nothing secret, 0123456789")


def _write_kernel_log(folder: Path) -> None:
    pieces = [{"stream_name": "stdout", "time": 1.5, "data": "hello\n"}] * 3
    (folder / "kernel.log").write_text(json.dumps(pieces))


TARGETS = (
    Target(
        "tables of the competition", write_competition, _digests,
        ("competition/archive.py", "competition/tables.py", "competition/lookup.py"),
    ),
    Target(
        "bundle of the competition", _write_bundle, _digests, ("competition/archive.py",),
        (BUNDLE,), same=True,
    ),
    Target(
        "cache", _write_cached, _digests, ("competition/cache.py", "system/receipts.py"),
        ("cache/*/*",), same=True,
    ),
    Target(
        "manifest", _write_manifested, _read_manifest, ("competition/manifest.py",),
        ("manifest.json",),
    ),
    Target(
        "submissions", _write_submissions, _read_submissions, ("competition/submission.py",),
    ),
    Target(
        "record of a submission", _write_recorded, _submit, ("competition/record.py",), ("subs/*",),
    ),
    Target(
        "log of submissions", _write_log, _read_log, ("competition/kaggle/submission_log.py",),
        (LOG,), weight=8,
    ),
    Target(
        "credentials", _write_credentials, _read_credentials,
        ("competition/kaggle/credentials.py",), (".kaggle/*",), weight=8,
    ),
    Target(
        "log of a kernel", _write_kernel_log, lambda folder, file: log_lines(file),
        ("competition/kaggle/run_kernel.py",), weight=8,
    ),
)  # fmt: skip

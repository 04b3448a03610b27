"""submit: check a submission, show what would be sent, and with --yes send it."""

from pathlib import Path

from kaggle_fkd.competition.kaggle.client import COMPETITION_PAGE, credentials_source
from kaggle_fkd.competition.kaggle.upload import send
from kaggle_fkd.competition.submission import check_submission
from kaggle_fkd.errors import SubmissionError
from kaggle_fkd.stages.context import SAMPLE, Context
from kaggle_fkd.system.console import announce
from kaggle_fkd.system.files import read_json_or_empty, sha256_of

LOG = "log.csv"
"""SUBMISSIONS_DIR/log.csv has a row for every submission that was sent."""


def run(context: Context) -> None:
    """Validate the file; upload it and wait for its scores only when the request says yes.

    Raises SubmissionError for a file that Kaggle would refuse or that is of sample faces.
    """
    request = context.request
    path = request.submission or context.submission or _newest(request.submissions_dir)
    record = read_json_or_empty(path.with_suffix(".json"))
    _refuse_sample(path, bool(record.get("sample_faces")))
    check_submission(path, context.competition.lookup)
    _refuse_sample(path, context.competition.is_sample)
    run_name = record.get("run", "unknown run")
    message = request.message or f"kaggle_fkd {run_name}"
    announce(
        f"file:     {path.resolve()} (sha256 {sha256_of(path)[:12]}...)",
        f"contents: {len(context.competition.lookup)} locations by {run_name}, valid",
        f"message:  {message}",
        f"to:       {COMPETITION_PAGE}, as a late submission",
        f"account:  {credentials_source() or 'no credentials found'}",
    )
    if not request.yes:
        announce("nothing was sent; add --yes to send it")
        return
    score = send(path, message, run_name, request.submissions_dir / LOG)
    if score.status == "complete":
        announce(f"private RMSE {score.private}, public RMSE {score.public}")


def _newest(folder: Path) -> Path:
    """The submission that predict wrote last; SubmissionError when there is none."""
    paths = [path for path in folder.glob("*.csv") if path.with_suffix(".json").is_file()]
    if not paths:
        raise SubmissionError(
            f"{folder}: no submission by this program",
            "write one first: --stage predict, or name a file: --submission",
        )
    return max(paths, key=lambda path: path.stat().st_mtime)


def _refuse_sample(path: Path, of_sample_faces: bool) -> None:
    if of_sample_faces or path.name.startswith(f"{SAMPLE}-"):
        raise SubmissionError(
            f"{path}: made of sample faces, which Kaggle knows nothing of; it is never uploaded",
            "train and predict on the competition's data, or name another: --submission",
        )

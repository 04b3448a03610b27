"""submit: check a submission, show what would be sent, and with --yes send it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from kaggle_fkd.errors import SubmissionError
from kaggle_fkd.stages.options import named_path, option
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.competition.task import CompetitionTask
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Submit(Stage):
    """Check the newest submission and show it; with --yes, upload it and wait for its scores."""

    summary: ClassVar[str] = "checks and shows the newest submission; with --yes, sends it"
    needs: ClassVar[tuple[str, ...]] = ("training", "kaggle")
    examples: ClassVar[tuple[str, ...]] = (
        "submit",
        'submit --yes --message "gridnet, 50 epochs"',
        "submit submissions/mine.csv --yes",
    )
    submission: Path | None = option(
        "--submission", type=named_path, positional=True, metavar="FILE",
        help="the file to submit (default: the newest)",
    )  # fmt: skip
    message: str | None = option(
        "--message", metavar="TEXT",
        help="its description on Kaggle (default: the run and its validation RMSE)",
    )  # fmt: skip
    yes: bool = option("--yes", default=False, action="store_true", help="really submit it")
    allow_doubtful: bool = option(
        "--allow-doubtful", default=False, action="store_true",
        help="with --yes, submit it although its networks seem to have learnt nothing",
    )  # fmt: skip

    def check(self, task: "Task") -> None:
        """Reject a file that does not exist."""
        if self.submission is not None and not self.submission.is_file():
            raise SubmissionError(f"{self.submission}: no such file", "name another: --submission")

    def run(self, task: "Task", made: Made) -> Made:
        """Validate the file; upload it and wait for its scores only with --yes.

        Raises SubmissionError for a file that Kaggle would reject, that was made from sample
        faces, or about which there are doubts.
        """
        from kaggle_fkd.competition.doubts import doubts_about
        from kaggle_fkd.competition.kaggle.credentials import credentials_source
        from kaggle_fkd.competition.kaggle.pages import COMPETITION_PAGE
        from kaggle_fkd.competition.kaggle.submission_log import LOG
        from kaggle_fkd.competition.kaggle.upload import send
        from kaggle_fkd.competition.record import (
            doubts_of_networks,
            is_as_recorded,
            is_sample_submission,
            newest_submission,
            read_record,
        )
        from kaggle_fkd.competition.submission import check_submission
        from kaggle_fkd.system.console import announce
        from kaggle_fkd.system.files import sha256_of

        competition_task = cast("CompetitionTask", task)
        path = self.submission or made.submission or newest_submission(self.submissions_dir)
        _reject_sample(path, is_sample_submission(path))
        lookup = competition_task.competition.lookup
        submission = check_submission(path, lookup)
        _reject_sample(path, task.is_sample)
        record = read_record(path)
        changed = bool(record) and not is_as_recorded(path)
        if changed:  # neither Kaggle's score nor the validation's belongs to the run
            record = {}
        message = self.message or _message(record)
        doubts = doubts_about(submission.locations, doubts_of_networks(path))
        announce(
            f"file:     {path.resolve()} (sha256 {sha256_of(path)[:12]}...)",
            *(["changed:  since it was predicted, so its run is not named"] if changed else []),
            f"contents: {_contents(record, len(lookup))}",
            f"message:  {message}",
            f"to:       {COMPETITION_PAGE}, as a late submission",
            f"account:  {credentials_source() or 'no credentials found'}",
            *(f"doubtful: {doubt}" for doubt in doubts),
        )
        if self.yes and doubts and not self.allow_doubtful:
            raise SubmissionError(
                f"{path}: nothing was sent, as it is doubtful: {'; '.join(doubts)}",
                "train longer or with another learning rate (train.lr), or add --allow-doubtful",
            )
        if not self.yes:
            announce("nothing was sent; add --yes to send it")
            return made
        score = send(path, message, _made_by(record), self.submissions_dir / LOG)
        if score.status == "complete":
            announce(f"private RMSE {score.private}, public RMSE {score.public}")
        return made


def _made_by(record: dict[str, Any]) -> str:
    return str(record.get("made_by", "an unknown run"))


def _message(record: dict[str, Any]) -> str:
    """The description on Kaggle: what made it, and how good it was in validation."""
    from kaggle_fkd.runs.member import scores_in

    scores = record.get("validation_rmse")
    known = filter(None, map(scores_in, scores.values() if isinstance(scores, dict) else ()))
    values = [each["all"] for each in known]
    rmse = f", validation RMSE {sum(values) / len(values):.3f} px" if values else ""
    return f"kaggle_fkd {_made_by(record)}{rmse}"


def _contents(record: dict[str, Any], rows: int) -> str:
    """A line about what the file holds."""
    from kaggle_fkd.competition.archive import LOOKUP
    from kaggle_fkd.competition.load import KAGGLE_ROWS

    kaggles = KAGGLE_ROWS[LOOKUP]
    valid = "valid" if rows == kaggles else f"valid here, but Kaggle asks for {kaggles} locations"
    return f"{rows} locations by {_made_by(record)}, {valid}"


def _reject_sample(path: Path, is_sample: bool) -> None:
    if is_sample:
        raise SubmissionError(
            f"{path}: predicted from sample faces, so it cannot be submitted to Kaggle and is "
            "never uploaded",
            "train and predict on the competition's data, or name another file: --submission",
        )

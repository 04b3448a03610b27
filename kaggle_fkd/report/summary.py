"""The summary at the top of a report: the numbers that the reader looks for first."""

from collections.abc import Sequence
from statistics import fmean

from kaggle_fkd.report.section import KeyFigure, KeyFigures, Section
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.find import validation_score
from kaggle_fkd.system.text import count_of


def summary_section(
    sources: ReportSources, data: str, count: int, more: Sequence[KeyFigure] = ()
) -> Section:
    """The best score that there is, `more` of the task, and the size of the training.

    `data` is what the run was trained on, such as "training faces", and `count` how many they are.
    """
    run, summary = sources.run, sources.summary
    origin = summary.data if run.sample_faces else f"sha256 {summary.data}..."
    figures = [
        _score(sources),
        *more,
        *_baseline(sources),
        KeyFigure("networks", summary.networks, run.config.train.model),
        KeyFigure("time of training", f"{summary.seconds / 60:.1f} min", "all networks"),
        KeyFigure(data, str(count), origin),
    ]
    return Section("summary", "Summary", (KeyFigures(tuple(figures)),))


def _score(sources: ReportSources) -> KeyFigure:
    """The out-of-fold score, or the mean validation score of the networks."""
    run, summary = sources.run, sources.summary
    members, metric = run.members, run.members[0].metric
    if summary.out_of_fold is None:
        noun = members[0].noun
        held_out = sum(member.summary.get(f"validation_{noun}s", 0) for member in members)
        note = f"on {count_of(held_out, f'held-out {noun}')}"
        return KeyFigure(f"validation {metric.title}", metric.text(validation_score(run)), note)
    interval = sources.evaluation_record.get("oof_rmse", {}).get("all")
    note = f"95 % interval {interval['low']:.3f} to {interval['high']:.3f}" if interval else ""
    name = "out-of-fold RMSE" if interval else "out of fold"
    return KeyFigure(name, summary.out_of_fold.text, note)


def _baseline(sources: ReportSources) -> list[KeyFigure]:
    """The validation score of the mean face; nothing if it was not measured."""
    members = sources.run.members
    scores = [member.summary["mean_face_rmse"] for member in members
              if "mean_face_rmse" in member.summary]  # fmt: skip
    if not scores:
        return []
    return [KeyFigure("mean face", members[0].metric.text(fmean(scores)), "RMSE without a network")]

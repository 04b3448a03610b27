"""The report about a run, which reads what several stages have written."""

from pathlib import Path

from fuzz.competition_targets import run_stages
from fuzz.target import Target

from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition

SIZE = SampleSize(train_a=12, train_b=12, test_a=2, test_b=2)


def _stage(folder: Path, *words: str) -> object:
    folders = ("--data-dir", folder / "data", "--runs-dir", folder / "runs")
    return run_stages(*words, *folders, "--submissions-dir", folder / "subs")


def _evaluate(folder: Path) -> None:
    write_sample_competition(folder / "data", SIZE, seed=7)
    quick = ("--model", "lenet", "--epochs", "1", "--set", "train.folds=2")
    _stage(folder, "--stage", "train,evaluate,predict", *quick)


TARGETS = (
    Target(
        "report of a run", _evaluate, lambda folder, file: _stage(folder, "report"),
        ("report/sources.py", "evaluation/oof_file.py", "runs/evaluation_receipt.py"),
        ("runs/*/*.json", "runs/*/*.csv", "runs/*/*/*.json", "runs/*/*/metrics.csv", "subs/*.*"),
        weight=0.5,
    ),
)  # fmt: skip

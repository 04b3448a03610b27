"""Gathers what a results folder holds: a run's record, its trainings, scores and submission.

    python benchmarks/collect.py runs/RUN results/cpu [--submission submissions/RUN.csv] \\
        [--evaluation runs/evaluation-RUN]
"""

import argparse
import gzip
import shutil
from pathlib import Path

EVALUATION = ("evaluation.json", "scores.csv")
"""What is kept of an evaluation. Its pictures show faces, and those stay where they are."""


def main() -> None:
    """Copy the files, each under a name of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--submission", type=Path)
    parser.add_argument("--evaluation", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for old in options.out.glob("member-*"):
        old.unlink()
    shutil.copy(options.run / "run.json", options.out / "run.json")
    for summary in sorted(options.run.glob("member-*/summary.json")):
        member = summary.parent
        shutil.copy(summary, options.out / f"{member.name}.json")
        shutil.copy(member / "metrics.csv", options.out / f"{member.name}.csv")
    if options.evaluation:
        for name in EVALUATION:
            shutil.copy(options.evaluation / name, options.out / name)
    if options.submission:
        # Without a time stamp, so that the same submission is the same file.
        packed = gzip.compress(options.submission.read_bytes(), mtime=0)
        (options.out / "submission.csv.gz").write_bytes(packed)
        shutil.copy(options.submission.with_suffix(".json"), options.out / "submission.json")


if __name__ == "__main__":
    main()

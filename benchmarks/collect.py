"""Collects the files of a results folder: a run's record, trainings, scores and submission.

    python benchmarks/collect.py runs/RUN results/cpu [--submission submissions/RUN.csv] \\
        [--evaluation runs/evaluation-RUN]
"""

import argparse
import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import atomic_path

EVALUATION = ("evaluation.json", "scores.csv")
"""The files of an evaluation that are kept. Its pictures show faces, which are not published."""


def main() -> None:
    """Copy the files under unique names, and remove those of an earlier run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--submission", type=Path)
    parser.add_argument("--evaluation", type=Path)
    options = parser.parse_args()
    for path in (options.submission, options.evaluation):
        if path and not path.exists():
            parser.error(f"{path} does not exist")
    set_up(quiet=False)
    run = open_run(options.run)
    contents = {"run.json": (run.folder / "run.json").read_bytes()}
    for member in run.members:
        contents[f"{member.folder.name}.json"] = member.summary_file.read_bytes()
        contents[f"{member.folder.name}.csv"] = (member.folder / "metrics.csv").read_bytes()
    if options.evaluation:
        contents |= {name: (options.evaluation / name).read_bytes() for name in EVALUATION}
    if options.submission:
        contents["submission.json"] = options.submission.with_suffix(".json").read_bytes()
        # Without a time stamp, so that the same submission gives the same file.
        contents["submission.csv.gz"] = gzip.compress(options.submission.read_bytes(), mtime=0)
    for name, content in contents.items():
        with atomic_path(options.out / name) as temporary:
            temporary.write_bytes(content)
    for pattern in ("member-*", *EVALUATION, "submission.*"):
        for old in options.out.glob(pattern):  # of an earlier run
            if old.name not in contents:
                old.unlink()


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

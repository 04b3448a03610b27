"""The command line: arguments in, exit code out.

Two forms are equivalent: `kaggle-fkd train --epochs 5`, and `python run_pipeline.py --stage train
--epochs 5`, whose `--stage` takes several stages. Notices and progress go to stderr; the
last line of stdout is the path of the submission, if one was written.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from kaggle_fkd.arguments import HelpRequest, parse
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.errors import UsageError
from kaggle_fkd.pipeline import check_extras, run_pipeline
from kaggle_fkd.system.console import interrupts_held, print_result, run_reporting_errors, set_up
from kaggle_fkd.system.torchrun import rank_of_process


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    set_up(quiet="--quiet" in given, errors_only=rank_of_process() > 0)
    return run_reporting_errors(lambda: _run(given), redact)


def _run(given: list[str]) -> None:
    parsed = parse(given, program_name())
    if isinstance(parsed, HelpRequest):
        print(parsed.text)
        if parsed.problem:
            raise UsageError(parsed.problem, "see above")
        return
    check_extras(parsed)
    task = None
    if any(stage.needs_task for stage in parsed):
        # Imported here because numpy takes its time, and --help should be quick.
        with interrupts_held():
            from kaggle_fkd.stages.tasks import choose_task

        task = choose_task(parsed)
    for line in run_pipeline(parsed, task):
        print_result(line)


def program_name() -> str:
    """How the user called the program, for usage and examples."""
    called = Path(sys.argv[0]).name
    if called == "__main__.py":
        return "python -m kaggle_fkd"
    return "kaggle-fkd" if called.startswith("kaggle-fkd") else "python run_pipeline.py"

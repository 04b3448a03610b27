"""Disturb every stage, repeat the call, and compare what it leaves with an undisturbed call.

    python tests/faults/run.py --kills 500 --full-disks 200 --out results/faults

Every trial is a row of trials.csv, which is written when the trial is done; the same command
continues after them. Prints summary.md. Linux only: a full disk is a file system in memory, in a
namespace of this process (`unshare`).
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.fault import CUT, DENIAL, FULL_DISK, KILL, REMOVAL
from faults.scenario import SCENARIOS, Scenario
from faults.trial import TWINS, Outcome, Trials

OPTIONS = {
    "--kills": KILL, "--full-disks": FULL_DISK, "--denials": DENIAL, "--removals": REMOVAL,
    "--cuts": CUT, "--twins": TWINS,
}  # fmt: skip
"""How many trials of each kind."""
COLUMNS = ("kind", "number", "scenario", "fault", "struck", "exit_code", "problems")
DISK = "256m"
"""The size of the disk that is filled."""
INSIDE = "FAULTS_INSIDE"
"""In the environment of this process once it has a disk of its own."""


def main() -> int:
    """The exit code: 1 if anything was not as promised."""
    options = parsed()
    if INSIDE not in os.environ:
        return with_own_disk()
    options.out.mkdir(parents=True, exist_ok=True)
    table = options.out / "trials.csv"
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        disk = Path(folder) / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", disk], check=True)
        try:
            trials = Trials(Path(folder), disk, options.seed)
            for kind, number, scenario, turn in left_to_do(options, rows_of(table)):
                outcome = trials.run(scenario, kind, turn)
                append(table, kind, number, scenario, outcome)
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)
    text = summary(rows_of(table))
    (options.out / "summary.md").write_text(text)
    print(text)
    return int(any(row["problems"] for row in rows_of(table)))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for flag in OPTIONS:
        parser.add_argument(flag, type=int, default=0, metavar="N")
    names = [each.name for each in SCENARIOS]
    parser.add_argument("--scenarios", nargs="+", choices=names, default=names)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def with_own_disk() -> int:
    """Run this again in a namespace in which it may mount a file system."""
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv]
    return subprocess.run(command, env=os.environ | {INSIDE: "1"}, check=False).returncode


def left_to_do(
    options: argparse.Namespace, rows: list[dict[str, str]]
) -> Iterator[tuple[str, int, Scenario, int]]:
    """Kind and number of each trial that has no row yet, its scenario, and how often it had it."""
    done = {(row["kind"], int(row["number"])) for row in rows}
    chosen = [each for each in SCENARIOS if each.name in options.scenarios]
    for flag, kind in OPTIONS.items():
        wanted = getattr(options, flag.strip("-").replace("-", "_"))
        for number in range(wanted):
            turn, index = divmod(number, len(chosen))
            if (kind, number) not in done:
                yield kind, number, chosen[index], turn


def rows_of(table: Path) -> list[dict[str, str]]:
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def append(table: Path, kind: str, number: int, scenario: Scenario, outcome: Outcome) -> None:
    new = not table.exists()
    with table.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(COLUMNS)
        problems = " | ".join(outcome.problems)
        writer.writerow(
            [kind, number, scenario.name, outcome.fault, outcome.struck, outcome.code, problems]
        )
    state = problems or "as undisturbed"
    print(f"{kind} {number}, {scenario.name}: {outcome.fault}: {state}", file=sys.stderr)


def summary(rows: list[dict[str, str]]) -> str:
    """A Markdown table: the faults of each kind in each scenario, and what went wrong."""
    kinds = [kind for kind in OPTIONS.values() if any(row["kind"] == kind for row in rows)]
    lines = [f"| | {' | '.join(kinds)} | not as promised |", f"|---{'|---' * len(kinds)}|---|"]
    for name in [*(each.name for each in SCENARIOS), "all of them"]:
        own = [row for row in rows if name in (row["scenario"], "all of them")]
        counts = [sum(row["kind"] == kind and row["struck"] == "True" for row in own)
                  for kind in kinds]  # fmt: skip
        wrong = sum(bool(row["problems"]) for row in own)
        if own:
            lines.append(f"| {name} | {' | '.join(map(str, counts))} | {wrong} |")
    early = sum(row["struck"] == "False" for row in rows)
    return "\n".join([*lines, "", f"{early} of {len(rows)} calls ended before their fault."]) + "\n"


if __name__ == "__main__":
    sys.exit(main())

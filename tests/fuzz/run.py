"""Fuzz everything that reads a file or a request, with as many inputs as you like.

    python tests/fuzz/run.py --inputs 200000 --seed 0 --jobs 2 --out results/fuzz

An input is a valid example with one file changed; the change depends on the seed and its number
alone. A reader should return, or raise an error of one line, within 10 seconds and with 2 GB of
memory at most; anything else is a find. The folder gets `fuzz.csv`, a row for each kind of input,
and `finds`, each with the changed file and what happened. Called again, an interrupted run
continues.

    python tests/fuzz/run.py --seed 0 --again "records of a run" 12

reads a single input in this process, and prints what became of it.
"""

import argparse
import csv
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fuzz.target import ACCEPTED, FIND, REJECTED, Outcome, Prepared, Target, change_of
from fuzz.workers import ALL, Limits, Shard, Worker

SHARD = 250
"""Inputs after which what was found is stored: an interrupted run repeats at most so many."""
SETTINGS, SHARDS, TABLE, FINDS = "settings.json", "shards.csv", "fuzz.csv", "finds"


@dataclass(frozen=True)
class Row:
    """What became of some inputs of a target."""

    target: str
    """The name of the target."""
    start: int
    """The number of the first of them."""
    inputs: int
    """Their number."""
    accepted: int
    """Those that were read."""
    rejected: int
    """Those that were rejected with an error of one line."""
    finds: int
    """The others."""
    slowest_s: float
    """The longest time that one of them took."""
    peak_mb: float
    """The most memory that a process had, with its libraries."""

    @classmethod
    def from_outcomes(cls, shard: Shard, outcomes: Sequence[Outcome]) -> "Row":
        """The row of a shard."""
        verdicts = [outcome.verdict for outcome in outcomes]
        return cls(
            shard.target, shard.start, len(outcomes),
            *(verdicts.count(each) for each in (ACCEPTED, REJECTED, FIND)),
            round(max(outcome.seconds for outcome in outcomes), 2),
            round(max(outcome.megabytes for outcome in outcomes)),
        )  # fmt: skip

    def __add__(self, other: "Row") -> "Row":
        return Row(
            self.target, min(self.start, other.start), self.inputs + other.inputs,
            self.accepted + other.accepted, self.rejected + other.rejected,
            self.finds + other.finds, max(self.slowest_s, other.slowest_s),
            max(self.peak_mb, other.peak_mb),
        )  # fmt: skip


def known_targets(module: str) -> Mapping[str, Target]:
    """The targets of a module, by name."""
    return importlib.import_module(module).TARGETS


def shards_of(targets: Mapping[str, Target], inputs: int) -> Iterator[Shard]:
    """The inputs dealt to the targets by their weights, in parts of `SHARD`; no target has none."""
    weights = sum(target.weight for target in targets.values())
    for target in targets.values():
        count = max(1, round(inputs * target.weight / weights))
        for start in range(0, count, SHARD):
            yield Shard(target.name, start, min(count, start + SHARD))


def run(
    out: Path, shards: Sequence[Shard], seed: int, jobs: int, limits: Limits, module: str = ALL
) -> list[Row]:
    """Judge the shards that have no row in the folder yet; the sum of all rows of each target."""
    done = {(row.target, row.start) for row in _read_rows(out / SHARDS)}
    waiting: SimpleQueue[Shard] = SimpleQueue()
    for shard in shards:
        if (shard.target, shard.start) not in done:
            waiting.put(shard)
    lock = Lock()

    def work() -> None:
        worker = Worker(seed, limits, module)
        try:
            while True:
                row = _judge(worker, waiting.get_nowait(), out / FINDS)
                with lock:
                    _append(out / SHARDS, row)
                    print(f"{row.target} from {row.start}: {row.finds} finds", flush=True)
        except Empty:
            worker.close()

    with ThreadPoolExecutor(jobs) as threads:
        try:
            for each in [threads.submit(work) for _ in range(jobs)]:
                each.result()
        finally:
            with suppress(Empty):  # after Ctrl-C, the shards that were begun are the last ones
                while True:
                    waiting.get_nowait()
    totals: dict[str, Row] = {}
    for row in sorted(_read_rows(out / SHARDS), key=lambda row: row.target):
        totals[row.target] = totals[row.target] + row if row.target in totals else row
    return list(totals.values())


def _judge(worker: Worker, shard: Shard, finds: Path) -> Row:
    outcomes = []
    for outcome in worker.outcomes(shard):
        outcomes.append(outcome)
        if outcome.verdict == FIND:
            _store(finds / f"{shard.target} {outcome.index}", worker, shard.target, outcome)
    return Row.from_outcomes(shard, outcomes)


def _store(folder: Path, worker: Worker, name: str, outcome: Outcome) -> None:
    """Keep the changed file of a find, and what happened."""
    target = known_targets(worker.targets)[name]
    change = change_of(target, worker.good(name), worker.seed, outcome.index)
    folder.mkdir(parents=True, exist_ok=True)
    if not change.special:
        (folder / Path(change.file).name).write_bytes(change.content)
    what = f"{change.file} {change.special}\n\n{outcome.said}\n"
    (folder / "what.txt").write_text(what, errors="backslashreplace")


def _read_rows(file: Path) -> list[Row]:
    if not file.exists():
        return []
    kinds: dict[str, Any] = {each.name: each.type for each in fields(Row)}
    with file.open(newline="") as lines:
        rows = [*csv.DictReader(lines)]
    return [Row(**{name: kinds[name](cell) for name, cell in row.items()}) for row in rows]


def _append(file: Path, *rows: Row) -> None:
    new = not file.exists()
    with file.open("a", newline="") as lines:
        writer = csv.DictWriter(lines, [each.name for each in fields(Row)], lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(map(asdict, rows))


def _again(name: str, number: int, seed: int) -> None:
    """Read one input in this process, and print what became of it."""
    target = known_targets(ALL)[name]
    with TemporaryDirectory() as folder:
        prepared = Prepared(target, Path(folder, "again"))
        change = change_of(target, prepared.good, seed, number)
        print(f"{change.file} {change.special}", flush=True)
        outcome = prepared.judge(seed, number)
    print(f"{outcome.verdict} in {outcome.seconds:.2f} s\n{outcome.said}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=200_000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes that read")
    parser.add_argument(
        "--seconds", type=float, default=10, help="the most for an input; more on a busy machine"
    )
    parser.add_argument("--out", type=Path, default=Path("results/fuzz"))
    parser.add_argument("--again", nargs=2, metavar=("TARGET", "NUMBER"))
    return parser.parse_args()


def main() -> int:
    """Run, or repeat one input; the exit code is 1 if anything was found."""
    options = _arguments()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of each process
    if options.again:
        _again(options.again[0], int(options.again[1]), options.seed)
        return 0
    out, settings = options.out, {"inputs": options.inputs, "seed": options.seed}
    out.mkdir(parents=True, exist_ok=True)
    stored = out / SETTINGS
    if stored.exists() and json.loads(stored.read_text()) != settings:
        sys.exit(f"{out} has another run: {stored.read_text()}")
    stored.write_text(json.dumps(settings))
    shards = [*shards_of(known_targets(ALL), options.inputs)]
    try:
        totals = run(out, shards, options.seed, options.jobs, Limits(options.seconds))
    except KeyboardInterrupt:
        sys.exit("interrupted: the same command continues")
    (out / TABLE).unlink(missing_ok=True)
    _append(out / TABLE, *totals)
    finds = sum(row.finds for row in totals)
    print(f"{sum(row.inputs for row in totals)} inputs, {finds} finds: {out / TABLE}")
    return int(finds > 0)


if __name__ == "__main__":
    sys.exit(main())

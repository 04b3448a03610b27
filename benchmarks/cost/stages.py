"""The time and memory of each stage, in a process of its own, at 1, 4 and 16 times the rows."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cost.row import Row
from kaggle_fkd.competition.sample.files import SampleSize
from kaggle_fkd.system.console import log

ROOT = Path(__file__).resolve().parents[2]
FACTORS = (1, 4, 16)
GROWTH = f"{FACTORS[-2]} to {FACTORS[-1]} times the rows"
PROGRAM = """
import sys
from pathlib import Path
from kaggle_fkd.cli import main
from kaggle_fkd.competition.sample.competition import SAMPLE, make_sample
from kaggle_fkd.competition.sample.files import SampleSize
stage, folder, *rest = sys.argv[1:]
if stage == "sample":
    make_sample(Path(folder) / "data" / SAMPLE, SampleSize(*map(int, rest)), 0)
    code = 0
else:
    places = [f"--data-dir={folder}/data", f"--runs-dir={folder}/runs"]
    code = main(["--quiet", "--stage", stage, *places, *rest])
lines = Path("/proc/self/status").read_text().splitlines()
print(next(line for line in lines if line.startswith("VmHWM")))
sys.exit(code)
"""
"""It does the work of a stage, and prints the peak of its memory in kB, as Linux reports it."""


def sample_size(rows: int) -> SampleSize:
    """So many training rows, with conventions and test images in the usual proportions."""
    usual = SampleSize()
    return SampleSize(*(
        round(rows * each / usual.train)
        for each in (usual.train_a, usual.train_b, usual.test_a, usual.test_b)
    ))  # fmt: skip


def stage_costs(rows: int, model: str) -> Iterator[Row]:
    """The rows of the section `stages`: `rows` training rows, and more of them.

    Two networks are trained for two epochs, one on each half of the faces, so that they can be
    evaluated; at a low learning rate, or the few steps with the fewest rows would diverge.
    """
    training = ["--model", model, "--epochs", "2", "--jobs", "1", "--device", "cpu"]
    training += ["--set", "train.members=2", "--set", "train.folds=2", "--set", "train.lr=1e-3"]
    measured: dict[str, list[tuple[float, float]]] = {}
    for factor in FACTORS:
        size = sample_size(rows * factor)
        numbers = [size.train_a, size.train_b, size.test_a, size.test_b]
        with TemporaryDirectory() as folder:
            stages = {
                "sample": [str(number) for number in numbers], "eda": [], "train": training,
                "evaluate": ["--device", "cpu"],
                "predict": ["--device", "cpu", f"--submissions-dir={folder}/submissions"],
            }  # fmt: skip
            for stage, arguments in stages.items():
                log.info("%s of %d training rows", stage, size.train)
                seconds, memory = run_stage(stage, folder, arguments)
                measured.setdefault(stage, []).append((seconds, memory))
                yield Row(f"{stage}: time", f"{size.train} rows", seconds, "s")
                yield Row(f"{stage}: memory", f"{size.train} rows", memory, "MB")
    for stage, values in measured.items():
        times, memories = zip(*values, strict=True)
        yield Row(f"{stage}: growth of time", GROWTH, growth(times), "1 = as the rows")
        yield Row(f"{stage}: growth of memory", GROWTH, growth(memories), "1 = as the rows")


def growth(values: Sequence[float]) -> float:
    """How much faster than the rows a value grows between the last two of the FACTORS.

    Between the first two, the time until the program has started hides it.
    """
    return values[-1] / values[-2] / (FACTORS[-1] / FACTORS[-2])


def run_stage(stage: str, folder: str, arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds and MB of a stage in a new process; CalledProcessError if it fails.

    The stage `sample` draws faces; its arguments are the numbers of a SampleSize.
    """
    command = [sys.executable, "-c", PROGRAM, stage, folder, *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - began
    return seconds, int(done.stdout.split()[-2]) / 1e3

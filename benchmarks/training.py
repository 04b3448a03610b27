"""What a training, loading and prediction cost, beside what the processor could do.

    python benchmarks/training.py --out results/training [--only epoch loading ...]

The sections, of which `--only` chooses some:

epoch: multiply-adds of an epoch of the network; the processor's rate in a large matrix product,
    and in the network's own convolutions; the time of an epoch beside that, in fp32 and in bf16;
    the shares of data, augmentation, validation and bookkeeping.
choices: the gradient steps of an epoch in fp32, without channels last, with an optimiser that is
    not fused, and compiled.
loading: training.csv as most notebooks read it, and with this package.
prediction: faces a second, one view and six of each.
stages: time and memory of each stage in a process of its own, at 1, 4 and 16 times the rows.
target: the time until a training reaches a validation RMSE, beside the classic networks.

Everything works on sample faces, which are drawn first. Writes training.csv, in which every row has
the commit, the processor and the number of threads; rows of other sections are kept.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cost.choices import choice_costs
from benchmarks.cost.epoch import epoch_costs
from benchmarks.cost.loading import loading_costs
from benchmarks.cost.prediction import prediction_costs
from benchmarks.cost.row import Row
from benchmarks.cost.stages import sample_size, stage_costs
from benchmarks.cost.target import target_costs
from kaggle_fkd.competition.load import Competition
from kaggle_fkd.competition.sample.competition import sample_competition
from kaggle_fkd.runs.provenance import source_commit
from kaggle_fkd.system.console import log, run_reporting_errors, set_up
from kaggle_fkd.system.device import describe_device, keep_freed_memory
from kaggle_fkd.system.files import write_text

SECTIONS = ("epoch", "choices", "loading", "prediction", "stages", "target")


def main() -> None:
    """Measure section after section; write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--rows", type=int, default=1600, help="training rows of the sample")
    parser.add_argument(
        "--stage-rows", type=int, default=220, help="the fewest training rows of the stages"
    )
    parser.add_argument("--model", default="gridnet", help="the network of all sections but target")
    parser.add_argument("--batch", type=int, default=64, help="faces of a gradient step")
    parser.add_argument("--matrix", type=int, default=4096, help="width of the matrices")
    parser.add_argument("--rmse", type=float, default=3.0, help="the validation RMSE to reach")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of the section target")
    options = parser.parse_args()
    set_up(quiet=False)
    keep_freed_memory()  # as a training on the command line
    with TemporaryDirectory() as folder:
        place = Path(folder)
        competition = sample_competition(place / "data", sample_size(options.rows))
        for section in options.only:
            log.info("section %s", section)
            rows = list(measure(section, competition, place, options))
            write_section(options.out / "training.csv", section, rows)
    table = pd.read_csv(options.out / "training.csv")
    print(table.to_string(index=False, float_format="%.4g"))


def measure(
    section: str, competition: Competition, place: Path, options: argparse.Namespace
) -> Iterator[Row]:
    """The rows of one of the SECTIONS; `place` has the competition's files in `data`."""
    match section:
        case "epoch":
            return epoch_costs(competition.train, options.model, options.batch, options.matrix)
        case "choices":
            return choice_costs(competition.train, options.model, options.batch)
        case "loading":
            return loading_costs(place / "data")
        case "prediction":
            return prediction_costs(competition.test, options.model)
        case "stages":
            return stage_costs(options.stage_rows, options.model)
        case _:
            return target_costs(
                competition.train, place / "runs", options.rmse, options.epochs, folds=4
            )


def write_section(path: Path, section: str, rows: list[Row]) -> None:
    """Write the rows of a section into the table, instead of its earlier ones."""
    new = pd.DataFrame(rows).assign(
        commit=source_commit(), device=describe_device(torch.device("cpu")),
        threads=torch.get_num_threads(),
    )  # fmt: skip
    new.insert(0, "section", section)
    if path.exists():
        earlier = pd.read_csv(path)
        new = pd.concat([earlier[earlier["section"] != section], new])
    order = new["section"].map(SECTIONS.index)
    table = new.iloc[order.argsort(kind="stable")]
    write_text(path, table.to_csv(index=False, float_format="%.5g"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

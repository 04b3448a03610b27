"""How exactly every network of the registry computes as an ONNX file.

    python benchmarks/parity.py --out results/export

Each is trained for one epoch on sample faces, exported, and compared with torch on random images:
the mean distance of the keypoints (for the detector, of the faces' centres), with the weights as
fp32 and as fp16, and the size of the file. Writes parity.csv.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.competition.sample.competition import sample_competition
from kaggle_fkd.config import build_config
from kaggle_fkd.experiment import train
from kaggle_fkd.export.run_export import export_run
from kaggle_fkd.keypoints import EYES
from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.system.console import progress, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text


def detector_run(folder: Path) -> Run:
    """A run of the detector with the weights of its beginning."""
    config = build_config("detector", [])
    shape = NetworkShape(config.detect.crop, config.detect.crop, len(EYES.names), heads=1)
    data = {"data_hash": "none", "sample_faces": True}
    run = start_run(folder, config, data, EYES, shape, "none")
    run.member(0).folder.mkdir()
    torch.manual_seed(0)
    weights = build_network("detector", shape).state_dict()
    run.member(0).finish(weights, {"validation_loss": {"all": 1.0}})
    return run


def main() -> None:
    """Measure, write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=True)
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        faces = sample_competition(folder / "data").train
        for model in progress([*NETWORKS, "detector"], "exporting"):
            if model == "detector":
                run = detector_run(folder)
            else:
                settings = {"train.model": model, "train.epochs": 1, "train.lr": 1e-3}
                run = train(faces, settings, runs_dir=folder)
            made = export_run(run, folder / f"{model}.onnx")
            megabytes = made.path.stat().st_size / 1e6
            stored = "fp16" if made.half else "fp32"
            rows.append((model, made.parity, made.half_cost, stored, megabytes))
    columns = ["network", "pixels_fp32", "pixels_fp16", "stored", "megabytes"]
    table = pd.DataFrame(rows, columns=columns)
    write_text(options.out / "parity.csv", table.to_csv(index=False, float_format="%.3g"))
    print(table.to_string(index=False, float_format="%.3g"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

"""Packs the first network of a run into a file of the package.

    python tools/pack_network.py runs/RUN --out kaggle_fkd/weights/detector.safetensors

The weights are stored as float16. Prints the size of the file, and its digest.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.errors import RunError
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.photo.pretrained import pack_network
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import atomic_path


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    run = open_run(options.run)
    member = run.require_members().members[0]
    network = member.load_network(torch.device("cpu"))
    conventions = member.summary.get("conventions", ())
    if not conventions and member.config.train.model not in DETECTORS:
        raise RunError(
            f"{options.run}: its record does not say which label conventions it was trained on",
            "train it again",
        )
    content = pack_network(member.config.train.model, network, member.shape, conventions)
    with atomic_path(options.out) as temporary:
        temporary.write_bytes(content)
    print(
        f"{options.out}: {len(content) / 1e6:.2f} MB, sha256 {hashlib.sha256(content).hexdigest()}"
    )


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

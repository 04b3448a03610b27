"""Run directories: one training each, with everything needed to repeat, resume or use it."""

import importlib.metadata
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from kaggle_fkd import __version__
from kaggle_fkd.config import Config, config_from_dict
from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import SCHEMES, KeypointScheme
from kaggle_fkd.networks import KeypointNetwork, NetworkShape, build_network
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.files import atomic_path, free_path, read_json, write_json

PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "safetensors")
"""Whose versions a run records: those that can change its numbers."""


@dataclass(frozen=True)
class Run:
    """One run directory. Finished runs have a summary; unfinished ones a state to resume from."""

    folder: Path
    """RUNS_DIR/<date>-<time>-<model>."""
    record: Mapping[str, Any]
    """run.json: config, data hash, scheme, shape, versions; written once, at the start."""

    @property
    def name(self) -> str:
        """The folder's name, by which --run and --resume know it."""
        return self.folder.name

    @property
    def config(self) -> Config:
        """The settings it is trained with."""
        return config_from_dict(self.record["config"])

    @property
    def scheme(self) -> KeypointScheme:
        """What its keypoints are."""
        return SCHEMES[self.record["scheme"]]

    @property
    def shape(self) -> NetworkShape:
        """What its network takes and gives."""
        return NetworkShape(**self.record["shape"])

    @property
    def state_file(self) -> Path:
        """Everything a resumed training needs; only unfinished runs have it."""
        return self.folder / "state.pt"

    @property
    def weights_file(self) -> Path:
        """The best weights by validation; only finished runs have them."""
        return self.folder / "weights.safetensors"

    @property
    def summary_file(self) -> Path:
        """The results; written last, so that it marks a finished run."""
        return self.folder / "summary.json"

    @property
    def finished(self) -> bool:
        """True when training came to its end and the weights are there."""
        return self.summary_file.exists()

    def is_of(self, config: Config, data_hash: str) -> bool:
        """True for a run of exactly these settings on exactly these faces."""
        wanted = {"config": config.of_training(), "data_hash": data_hash, "version": __version__}
        return all(self.record[key] == value for key, value in wanted.items())

    def new_network(self) -> KeypointNetwork:
        """Its network with fresh weights, which the run's seed alone decides."""
        torch.manual_seed(self.config.train.seed)
        return build_network(self.config.train.model, self.shape)

    def load_network(self, device: torch.device) -> KeypointNetwork:
        """Its network with the best weights, for prediction.

        Raises RunError when the run is unfinished or its weights cannot be read.
        """
        if not self.finished:
            raise RunError(
                f"{self.folder}: its training has not finished",
                f"continue it: --stage train --resume {self.name}",
            )
        network = self.new_network()
        try:
            network.load_state_dict(load_file(self.weights_file))
        except (OSError, RuntimeError, ValueError) as error:
            raise RunError(
                f"{self.weights_file}: no weights of this network ({error})",
                "train again, or name another run: --run",
            ) from error
        return network.to(device).eval()

    def finish(self, weights: Mapping[str, torch.Tensor], summary: Mapping[str, Any]) -> None:
        """Store the weights and results, and drop the state that only resuming needs."""
        with atomic_path(self.weights_file) as temporary:
            save_file({k: v.contiguous() for k, v in weights.items()}, temporary)
        write_json(self.summary_file, {**summary, "finished": datetime.now(UTC).isoformat()})
        self.state_file.unlink(missing_ok=True)


def start_run(
    runs_dir: Path,
    config: Config,
    data: Mapping[str, Any],
    scheme: KeypointScheme,
    shape: NetworkShape,
    device: torch.device,
) -> Run:
    """A new run directory with its record. `data` has `data_hash` and whatever describes it."""
    time = datetime.now(UTC)
    folder = free_path(runs_dir / f"{time:%Y%m%d-%H%M%S}-{config.train.model}")
    record = {
        "version": __version__,
        "config": config.of_training(),
        **data,
        "scheme": scheme.name,
        "shape": asdict(shape),
        "started": time.isoformat(),
        "command": sys.argv,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "device": describe_device(device),
    }
    write_json(folder / "run.json", record)
    return Run(folder, record)


def open_run(folder: Path) -> Run:
    """The run in that directory; RunError when it is none."""
    if not (folder / "run.json").is_file():
        raise RunError(f"{folder}: no run directory (no run.json)", "name another: --run")
    return Run(folder, read_json(folder / "run.json"))


def runs_in(runs_dir: Path) -> list[Run]:
    """All runs, the newest first: by when they finished, or started where they have not."""
    runs = [open_run(path.parent) for path in runs_dir.glob("*/run.json")]
    return sorted(runs, key=_when, reverse=True)


def find_run(runs_dir: Path, name: str) -> Run:
    """The run of that name in `runs_dir`, or at that path; RunError when there is none."""
    for folder in (runs_dir / name, Path(name)):
        if (folder / "run.json").is_file():
            return open_run(folder)
    known = ", ".join(run.name for run in runs_in(runs_dir)[:5]) or "none yet"
    raise RunError(f"no run {name} in {runs_dir}", f"name one of the newest: {known}")


def newest_finished(runs_dir: Path) -> Run:
    """The finished run that finished last; RunError when there is none."""
    for run in runs_in(runs_dir):
        if run.finished:
            return run
    raise RunError(
        f"{runs_dir}: no finished run", "train one first: python run_pipeline.py --stage train"
    )


def _when(run: Run) -> str:
    if run.finished:
        return str(read_json(run.summary_file)["finished"])
    return str(run.record["started"])


def _commit() -> str | None:
    """The commit of the source tree, marked when it has changes; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None

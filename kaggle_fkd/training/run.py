"""Run directories: one training each, with everything needed to repeat, resume or use it."""

import importlib.metadata
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from kaggle_fkd import __version__
from kaggle_fkd.config import Config, config_from_dict
from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import SCHEMES, KeypointScheme
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.files import atomic_path, new_folder, read_receipt, write_json

PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "safetensors")
"""Whose versions a run records: those that can change its numbers."""
RECORD = {"version", "config", "data_hash", "sample_faces", "scheme", "shape", "started"}
"""What run.json must have to be one."""


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
        return self.summary_file.exists() and self.weights_file.exists()

    def is_of(self, config: Config, data_hash: str) -> bool:
        """True for a run of exactly these settings on exactly these faces."""
        wanted = {"config": config.of_training(), "data_hash": data_hash, "version": __version__}
        return all(self.record[key] == value for key, value in wanted.items())

    def new_network(self) -> KeypointNetwork:
        """Its network with fresh weights, which the run's seed alone decides."""
        torch.manual_seed(self.config.train.seed)
        return build_network(self.config.train.model, self.shape)

    @property
    def summary(self) -> dict[str, Any]:
        """The results of a finished run."""
        return read_receipt(self.summary_file)

    def require_finished(self) -> "Run":
        """The run itself; RunError when its training has not come to its end."""
        if not self.finished:
            raise RunError(
                f"{self.folder}: its training has not finished",
                f"continue it: --stage train --resume {self.name}",
            )
        return self

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training the same run; RunError when one already does."""
        lock = FileLock(self.folder / ".lock", blocking=False)
        try:
            with lock:
                yield
        except Timeout:
            raise RunError(
                f"{self.folder}: another process is training this run",
                "wait for it, or train another: leave out --resume",
            ) from None

    def load_network(self, device: torch.device) -> KeypointNetwork:
        """Its network with the best weights, for prediction.

        Raises RunError when the run is unfinished or its weights cannot be read.
        """
        network = self.require_finished().new_network()
        try:
            network.load_state_dict(load_file(self.weights_file))
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise RunError(
                f"{self.weights_file}: no weights of this network ({error})",
                "train again, or name another run: --run",
            ) from error
        return network.to(device).eval()

    def finish(self, weights: Mapping[str, torch.Tensor], summary: Mapping[str, Any]) -> None:
        """Store the weights and results, and drop the state that only resuming needs."""
        # Through memory: a full disk is then an OSError, which safetensors would hide.
        content = save({name: tensor.contiguous() for name, tensor in weights.items()})
        with atomic_path(self.weights_file) as temporary:
            temporary.write_bytes(content)
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
    """A new run directory with its record. `data` has `data_hash` and `sample_faces`."""
    time = datetime.now(UTC)
    folder = new_folder(runs_dir / f"{time:%Y%m%d-%H%M%S}-{config.train.model}")
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
    """The run in that directory; RunError when it is none, or its record is damaged."""
    record = read_receipt(folder / "run.json")
    if not record.keys() >= RECORD:
        raise RunError(f"{folder}: run.json is missing or damaged", "name another run: --run")
    return Run(folder, record)


def runs_in(runs_dir: Path) -> list[Run]:
    """All runs, the newest first: by when they finished, or started where they have not.

    A damaged one is passed over with a warning.
    """
    runs = []
    for path in runs_dir.glob("*/run.json"):
        try:
            runs.append(open_run(path.parent))
        except RunError as error:
            log.warning("passed over: %s", error.problem)
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
    return str(run.summary.get("finished", run.record["started"]))


def _commit() -> str | None:
    """The commit of the source tree, marked when it has changes; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None

"""Run directories: settings, data and versions, and the members trained with them."""

import hashlib
import importlib.metadata
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import torch

from kaggle_fkd import __version__
from kaggle_fkd.config import Config, config_from_dict
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import NetworkShape
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.files import new_folder, read_json_or_empty, write_json

RECORDED_PACKAGES = ("torch", "numpy", "pandas", "scikit-learn", "safetensors")
"""Whose versions a run records: those that can change its numbers."""
MAX_JOINED_RUNS = 3
"""Runs whose names are joined in full."""
REQUIRED_KEYS = {"version", "config", "data_hash", "sample_faces", "scheme", "shape", "started"}
"""What run.json must have to be one."""


@dataclass(frozen=True)
class Run:
    """One run directory: its record, and a folder for each member."""

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
        return KeypointScheme.from_dict(self.record["scheme"])

    @property
    def shape(self) -> NetworkShape:
        """What its networks take and give."""
        return NetworkShape(**self.record["shape"])

    @property
    def audit_file(self) -> Path:
        """A copy of the audit it is trained with; only there when its settings name one."""
        return self.folder / "audit.csv"

    def member(self, index: int) -> Member:
        """Its member of that number, trained or not."""
        return Member(self.folder, index, self.config, self.shape)

    @property
    def members(self) -> list[Member]:
        """The finished members, by their numbers."""
        return [
            member for member in map(self.member, range(self.members_started)) if member.finished
        ]

    @property
    def members_started(self) -> int:
        """How many members it has, finished or not."""
        names = [path.name.removeprefix("member-") for path in self.folder.glob("member-*")]
        return max((int(name) + 1 for name in names if name.isdigit()), default=0)

    def has_members(self, count: int) -> bool:
        """True when the first `count` members are finished."""
        return all(self.member(index).finished for index in range(count))

    @property
    def finished(self) -> bool:
        """True when as many members are trained as it was started for."""
        return self.has_members(self.config.train.members)

    def matches(self, config: Config, data_hash: str) -> bool:
        """True for a run that trains like that, on exactly these faces."""
        same = self.record["data_hash"] == data_hash and self.record["version"] == __version__
        return same and self.config.same_training_as(config)

    def require_members(self) -> "Run":
        """The run itself; RunError when no member of it has been trained to its end."""
        if not self.members:
            raise RunError(
                f"{self.folder}: none of its networks is trained to the end",
                f"continue it: --stage train --resume {self.name}",
            )
        return self


def start_run(
    runs_dir: Path,
    config: Config,
    data: Mapping[str, Any],
    faces: FaceDataset,
    device: torch.device,
) -> Run:
    """A new run directory with its record, for networks that fit the faces.

    `data` has their `data_hash`, and whether they are `sample_faces`.
    """
    time = datetime.now(UTC)
    folder = new_folder(runs_dir / f"{time:%Y%m%d-%H%M%S}-{config.train.model}")
    record = {
        "version": __version__,
        "config": config.training_settings(),
        **data,
        "scheme": faces.scheme.as_dict(),
        "shape": asdict(NetworkShape.of(faces, config)),
        "started": time.isoformat(),
        "command": sys.argv,
        "commit": source_commit(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in RECORDED_PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
        "device": describe_device(device),
    }
    write_json(folder / "run.json", record)
    return Run(folder, record)


def open_run(folder: Path) -> Run:
    """The run in that directory; RunError when it is none, damaged or of another version."""
    record = read_json_or_empty(folder / "run.json")
    if not record.keys() >= REQUIRED_KEYS:
        raise RunError(f"{folder}: run.json is missing or damaged", "name another run: --run")
    try:
        run = Run(folder, record)
        _ = run.config, run.scheme, run.shape  # what a foreign or later version may write otherwise
    except (TypeError, KeyError, AttributeError, FkdError) as error:
        raise RunError(
            f"{folder}: of version {record['version']}, with other settings than there are now",
            "name another run: --run, or train it again",
        ) from error
    return run


def runs_in(runs_dir: Path) -> list[Run]:
    """All runs, the newest first: by when their last member finished, or they started.

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


def joined_name(runs: Sequence[Run]) -> str:
    """What files made of several runs are called; short enough for every file system."""
    names = "+".join(run.name for run in runs)
    if len(runs) > MAX_JOINED_RUNS:
        digest = hashlib.sha256(names.encode()).hexdigest()[:6]
        return f"{runs[0].name}+{len(runs) - 1}-more-{digest}"
    return names


def newest_trained(runs_dir: Path, scheme: KeypointScheme) -> Run:
    """The run of that scheme with the member that finished last; RunError when there is none."""
    for run in runs_in(runs_dir):
        if run.members and run.scheme == scheme:
            return run
    raise RunError(
        f"{runs_dir}: no trained run", "train one first: python run_pipeline.py --stage train"
    )


@cache
def source_commit() -> str | None:
    """The commit of the source tree, marked when it has changes; None outside a checkout.

    Asked once, so that what is committed while the program runs is not taken for what runs.
    """
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


def _when(run: Run) -> str:
    finished = [str(member.summary.get("finished", "")) for member in run.members]
    return max([str(run.record["started"]), *finished])

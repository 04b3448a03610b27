"""`Run`: a directory with settings, data and provenance, and a folder for each member."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from kaggle_fkd import __version__
from kaggle_fkd.config import Config, config_from_dict
from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.files import new_folder, read_json_or_empty, write_json

REQUIRED: Mapping[str, type] = {
    "version": str, "config": object, "data_hash": str, "sample_faces": bool, "scheme": object,
    "shape": object, "written": str,
}  # fmt: skip
"""What run.json must have, and of which types; the objects are checked when they are made."""
UNREADABLE = (TypeError, KeyError, AttributeError, ValueError, FkdError)
"""What reading the record of a foreign or later version raises."""


@dataclass(frozen=True)
class Run:
    """One run directory: its record, and a folder for each member."""

    folder: Path
    """RUNS_DIR/<date>-<time>-<model>."""
    record: Mapping[str, Any]
    """run.json: config, data hash, scheme, shape, provenance; written once, at the start."""

    @property
    def name(self) -> str:
        """The folder's name, by which the run is chosen and resumed."""
        return self.folder.name

    @cached_property
    def config(self) -> Config:
        """The settings that it is trained with."""
        return config_from_dict(self.record["config"])

    @cached_property
    def scheme(self) -> KeypointScheme:
        """What its keypoints are."""
        return KeypointScheme.from_dict(self.record["scheme"])

    @cached_property
    def shape(self) -> NetworkShape:
        """What its networks take and give."""
        return NetworkShape(**self.record["shape"])

    @property
    def sample_faces(self) -> bool:
        """True when it is trained on generated sample faces."""
        return bool(self.record["sample_faces"])

    @property
    def label_files(self) -> LabelFiles:
        """Its copies of the audit and the label fixes that it is trained with."""
        return LabelFiles.named_by(self.config.train).in_folder(self.folder)

    @property
    def own_config(self) -> Config:
        """The settings, which name its own copies of the audit and the label fixes."""
        return replace(self.config, train=self.label_files.named_in(self.config.train))

    def member(self, index: int) -> Member:
        """Its member of that number, trained or not."""
        return Member(self.folder, index, self.config, self.shape)

    @property
    def members(self) -> list[Member]:
        """The finished members, by their numbers."""
        started = map(self.member, range(self.members_started))
        return [member for member in started if member.finished]

    @property
    def members_started(self) -> int:
        """The number of members whose training has begun: the largest member's number plus 1."""
        names = [path.name.removeprefix("member-") for path in self.folder.glob("member-*")]
        return max((int(name) + 1 for name in names if name.isdecimal()), default=0)

    @property
    def wanted_members(self) -> int:
        """The number of members that its settings ask for, or more if more were started."""
        return max(self.config.train.members, self.members_started)

    def has_members(self, count: int) -> bool:
        """True when the first `count` members are finished."""
        return all(self.member(index).finished for index in range(count))

    def is_tidy(self, count: int) -> bool:
        """True when these members are finished, and no call was killed before it tidied up."""
        return all(self.member(index).tidy for index in range(count))

    @property
    def finished(self) -> bool:
        """True when all wanted members are trained."""
        return self.has_members(self.wanted_members)

    @property
    def cross_validated(self) -> bool:
        """True when every fold was held out by a finished member."""
        return self.has_members(self.config.train.folds)

    def matches(self, config: Config, data_hash: str) -> bool:
        """True for a run of this version with the same training, on exactly these faces."""
        same = self.record["data_hash"] == data_hash and self.record["version"] == __version__
        return same and self.config.same_training_as(config)

    def require_members(self) -> "Run":
        """The run itself; RunError when none of its members is finished."""
        if not self.members:
            raise RunError(
                f"{self.folder}: none of its networks has been trained to the end",
                f"resume the run {self.name} in the train stage",
            )
        return self


def start_run(
    runs_dir: Path,
    config: Config,
    data: Mapping[str, Any],
    scheme: KeypointScheme,
    shape: NetworkShape,
    device: str,
    fill: Callable[[Path], None] = lambda folder: None,
) -> Run:
    """A new run directory with its record, and whatever `fill` writes into it, at once.

    `data` has the faces' `data_hash`, and whether they are `sample_faces`; `device` is what will
    train the networks, in words.
    """

    def write(folder: Path) -> None:
        fill(folder)
        write_json(folder / "run.json", record)

    record = {
        **provenance(device),
        "config": config.training_settings(),
        **data,
        "scheme": scheme.as_dict(),
        "shape": asdict(shape),
    }
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{config.train.model}"
    return open_run(new_folder(runs_dir / name, write))


def opened_run(run: Run | Path | str) -> Run:
    """The run itself, or that in a directory; raises what `open_run` raises."""
    return run if isinstance(run, Run) else open_run(Path(run))


def open_run(folder: Path) -> Run:
    """The run in that directory; RunError when it is not one, damaged or of another version."""
    if not folder.is_dir():
        raise RunError(f"{folder}: there is no such run directory", "check its path")
    record = read_json_or_empty(folder / "run.json", REQUIRED)
    if not record.keys() >= REQUIRED.keys():
        raise RunError(f"{folder}: run.json is missing or damaged", "use another run")
    run = Run(folder, record)
    try:
        _ = run.config, run.scheme, run.shape
    except UNREADABLE as error:
        raise RunError(
            f"{folder}: written by version {record['version']}, whose settings differ from those "
            "of this version",
            "use another run, or train it again",
        ) from error
    return run

"""`Member`: one network of a run, trained with one fold held out, in a folder of its own.

Importing this does not import torch.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from kaggle_fkd.config import MAX_EPOCHS, Config
from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import METRICS, RMSE, Metric
from kaggle_fkd.networks import build_to_load
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import (
    atomic_path,
    read_json_or_empty,
    texts_in,
    write_json,
    writing_to,
)
from kaggle_fkd.system.reading import read_csv_file, read_file

if TYPE_CHECKING:
    import pandas as pd
    import torch

MAX_BYTES = 1 << 34
"""A larger file of a member is not read: checkpoints of 512-pixel networks have 3 GB."""
MAX_SCORE = 1e30
"""A number that is not below is not taken for a score."""
KINDS: Mapping[str, type] = {
    "seconds": float, "conventions": list, "training_faces": int, "validation_faces": int,
    "training_crops": int, "validation_crops": int, "mean_face_rmse": float,
    "validation_rmse_by_keypoint": dict,
}  # fmt: skip
"""The types of results that are used later."""


@dataclass(frozen=True)
class Member:
    """One network of a run. A finished one has weights, an unfinished one a state to resume."""

    run_folder: Path
    """The run that it belongs to."""
    index: int
    """Its number in that run, from 0."""
    config: Config
    """The run's settings."""
    shape: NetworkShape
    """What its network takes and gives."""

    @property
    def folder(self) -> Path:
        """RUN/member-00 and so on; it exists once the training has begun."""
        return self.run_folder / f"member-{self.index:02d}"

    @property
    def name(self) -> str:
        """What messages and figures call it."""
        return f"{self.run_folder.name}/{self.folder.name}"

    @property
    def fold(self) -> int:
        """The fold that it never trains on."""
        return self.index % self.config.train.folds

    @property
    def seed(self) -> int:
        """Seeds its initial weights, the order of its faces and their augmentation."""
        return self.config.train.seed + self.index

    @property
    def state_file(self) -> Path:
        """Everything that a resumed training needs; only unfinished members have it."""
        return self.folder / "state.pt"

    @property
    def weights_file(self) -> Path:
        """The weights after the last epoch; only finished members have them."""
        return self.folder / "weights.safetensors"

    @property
    def exported_file(self) -> Path:
        """Its network as an ONNX file, which is made when it is first needed."""
        return self.folder / "weights.onnx"

    @property
    def start_file(self) -> Path:
        """What the trunks of all members of its run start from, if the settings say so."""
        return self.run_folder / "start.safetensors"

    @property
    def metrics_file(self) -> Path:
        """A row for each epoch: learning rate, training and validation metric, seconds."""
        return self.folder / "metrics.csv"

    @property
    def summary_file(self) -> Path:
        """The results; written last, so that it marks a finished member."""
        return self.folder / "summary.json"

    @property
    def curve_file(self) -> Path:
        """The learning curve, drawn when it is finished."""
        return self.folder / "learning_curve.png"

    @property
    def finished(self) -> bool:
        """True when the training came to its end, and results and weights exist."""
        return bool(self.validation) and self.weights_file.exists()

    @property
    def tidy(self) -> bool:
        """True when it is finished, and no call was killed before it had tidied up."""
        return self.finished and self.curve_file.exists() and not self.state_file.exists()

    @property
    def validation(self) -> dict[str, float]:
        """The validation scores of a finished member: of `all`, then of parts; otherwise empty."""
        summary = self.summary
        return scores_in(summary.get(f"validation_{_metric_of(summary).name}"))

    @property
    def doubts(self) -> list[str]:
        """Signs that its training has not learnt, in words; empty if none are known."""
        return texts_in(self.summary.get("doubts"))

    @property
    def metric(self) -> Metric:
        """What the validation scores are."""
        return _metric_of(self.summary)

    @property
    def noun(self) -> str:
        """What one of its training's examples is: a face, or a crop for a detector."""
        return "crop" if "training_crops" in self.summary else "face"

    @property
    def summary(self) -> dict[str, Any]:
        """The results of a finished member; empty when they cannot be read."""
        return read_json_or_empty(self.summary_file, KINDS)

    def trained_for(self, convention: str) -> bool:
        """True when the head that predicts the faces of that convention has learnt.

        A head that all conventions share predicts those that its training did not leave out.
        """
        if self.shape.heads == 1:
            return self.config.train.only_convention in ("", convention)
        return convention in self.summary.get("conventions", ())

    def read_metrics(self) -> "pd.DataFrame":
        """The table in `metrics_file`: numbers, and at least one row.

        Raises RunError when it cannot be read, or is not one of epochs and their scores.
        """
        score = self.metric.name
        columns = [f"train_{score}", f"val_{score}"]
        try:
            table = read_csv_file(self.metrics_file).astype(float)
            missing = [name for name in ("epoch", *columns) if name not in table]
            if missing:
                raise ValueError(f"it has no column {missing[0]}")
            scores = table.filter(like=f"_{score}")
            possible = scores.isna() | ((scores > 0) & (scores < MAX_SCORE))
            known = possible.all(axis=None) and table[columns].notna().any(axis=None)
            if not known or not table["epoch"].between(1, MAX_EPOCHS).all():
                raise ValueError("its numbers are not epochs and their scores")
        except (OSError, ValueError, OverflowError) as error:
            raise RunError(
                f"{self.metrics_file}: cannot be read ({error})",
                "delete it (a report does without it), or use another run",
            ) from error
        return table

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training the same member; RunError when one already does."""
        from filelock import FileLock, Timeout

        file = self.folder / ".lock"
        with writing_to(file):
            self.folder.mkdir(exist_ok=True)
            try:
                lock = FileLock(file, blocking=False).acquire()
            except Timeout:
                raise RunError(
                    f"{self.folder}: another process is training this member",
                    "wait until it has finished, or train another run",
                ) from None
        with lock:
            yield

    def weights_digest(self) -> str:
        """Hex sha256 of the file of its weights; RunError when it cannot be read."""
        return hashlib.sha256(read_stored(self.weights_file)).hexdigest()

    def load_network(self, device: "torch.device") -> Any:
        """Its trained network, in evaluation mode, as `build_network` gives it.

        Raises RunError when the weights cannot be read, or are not those that it was trained to.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        content = read_stored(self.weights_file)
        network = build_to_load(self.config.train.model, self.shape)
        try:
            recorded = self.summary.get("weights_sha256")
            if recorded is None:  # written before there were any
                log.info("%s: not checked, as its summary has no sha256", self.weights_file)
            elif hashlib.sha256(content).hexdigest() != recorded:
                raise ValueError("their sha256 is not that of its summary")
            network.load_state_dict(load(content))
        except (RuntimeError, ValueError, KeyError, SafetensorError) as error:
            raise RunError(
                f"{self.weights_file}: these are not the weights of this network ({error})",
                f"delete {self.folder} and resume the run {self.run_folder.name}, or use "
                "another run",
            ) from error
        return network.to(device).eval()

    def finish(self, weights: "Mapping[str, torch.Tensor]", summary: Mapping[str, Any]) -> None:
        """Store the weights and results, and delete the state that only resuming needs."""
        from safetensors.torch import save

        # Through memory: a full disk is then an OSError, which safetensors would hide.
        content = save({name: tensor.contiguous() for name, tensor in weights.items()})
        with atomic_path(self.weights_file) as temporary:
            temporary.write_bytes(content)
        about = {
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "finished": datetime.now(UTC).isoformat(),
        }
        write_json(self.summary_file, {**summary, **about})
        self.delete_state()

    def delete_state(self) -> None:
        """Delete the state that only resuming needs."""
        with writing_to(self.state_file):
            self.state_file.unlink(missing_ok=True)


def read_stored(file: Path) -> bytes:
    """The bytes of a file of a member; RunError when it cannot be read."""
    try:
        return read_file(file, MAX_BYTES)
    except OSError as error:
        raise RunError(
            f"{file}: cannot be read ({error.strerror or error})",
            "check the file and its permissions",
        ) from error


def digest_of(members: Sequence[Member]) -> str:
    """Hex sha256 of the members' files of weights; RunError when one cannot be read."""
    digests = [member.weights_digest() for member in members]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def scores_in(value: object) -> dict[str, float]:
    """The scores that a value of a JSON file holds: of `all`, then of parts; otherwise empty."""
    if isinstance(value, dict) and "all" in value and all(map(_is_score, value.values())):
        return value
    return {}


def _is_score(value: object) -> TypeGuard[float]:
    """Whether it is a number; JSON may have NaN, and integers too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MAX_SCORE


def _metric_of(summary: Mapping[str, Any]) -> Metric:
    return next((each for each in METRICS if f"validation_{each.name}" in summary), RMSE)

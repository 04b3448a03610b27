"""`Member`: one network of a run, trained with one fold held out, in a folder of its own.

Importing this does not import torch.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaggle_fkd.config import Config
from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import METRICS, RMSE, Metric
from kaggle_fkd.networks import build_to_load
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.system.files import (
    atomic_path,
    read_json_or_empty,
    sha256_of,
    write_json,
    writing_to,
)

if TYPE_CHECKING:
    import pandas as pd
    import torch


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
        """A row for each epoch: learning rate, training and validation RMSE, seconds."""
        return self.folder / "metrics.csv"

    @property
    def summary_file(self) -> Path:
        """The results; written last, so that it marks a finished member."""
        return self.folder / "summary.json"

    @property
    def finished(self) -> bool:
        """True when the training came to its end, and results and weights exist."""
        return bool(self.validation) and self.weights_file.exists()

    @property
    def validation(self) -> dict[str, float]:
        """The validation scores of a finished member: of `all`, then of parts; otherwise empty."""
        summary = self.summary
        return dict(summary.get(f"validation_{_metric_of(summary).name}") or {})

    @property
    def metric(self) -> Metric:
        """What the validation scores are."""
        return _metric_of(self.summary)

    @property
    def summary(self) -> dict[str, Any]:
        """The results of a finished member; empty when they cannot be read."""
        return read_json_or_empty(self.summary_file)

    def read_metrics(self) -> "pd.DataFrame":
        """The table in `metrics_file`; RunError when it cannot be read."""
        import pandas as pd

        try:
            return pd.read_csv(self.metrics_file)
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.metrics_file}: cannot be read ({error})", "use a member that was trained"
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training the same member; RunError when one already does."""
        from filelock import FileLock, Timeout

        with writing_to(self.folder):
            self.folder.mkdir(exist_ok=True)
        lock = FileLock(self.folder / ".lock", blocking=False)
        try:
            with lock:
                yield
        except Timeout:
            raise RunError(
                f"{self.folder}: another process is training this member",
                "wait until it has finished, or train another run",
            ) from None

    def load_network(self, device: "torch.device") -> Any:
        """Its trained network, in evaluation mode, as `build_network` gives it.

        Raises RunError when the weights cannot be read.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        network = build_to_load(self.config.train.model, self.shape)
        try:
            network.load_state_dict(load_file(self.weights_file))
        except OSError as error:
            raise RunError(
                f"{self.weights_file}: cannot be read ({error})", "check the file's permissions"
            ) from error
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
        write_json(self.summary_file, {**summary, "finished": datetime.now(UTC).isoformat()})
        self.state_file.unlink(missing_ok=True)


def digest_of(members: Sequence[Member]) -> str:
    """Hex sha256 of the members' files of weights."""
    digests = [sha256_of(member.weights_file) for member in members]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _metric_of(summary: Mapping[str, Any]) -> Metric:
    return next((each for each in METRICS if f"validation_{each.name}" in summary), RMSE)

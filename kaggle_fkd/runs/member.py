"""Members: the networks of a run, each trained with one fold held out, in a folder of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from kaggle_fkd.config import Config
from kaggle_fkd.errors import RunError
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.network import KeypointNetwork, NetworkShape
from kaggle_fkd.system.files import atomic_path, read_json_or_empty, write_json, writing_to


@dataclass(frozen=True)
class Member:
    """One network of a run. Finished ones have weights; unfinished ones a state to resume from."""

    run_folder: Path
    """The run it belongs to."""
    index: int
    """Its number in that run, from 0."""
    config: Config
    """The run's settings."""
    shape: NetworkShape
    """What its network takes and gives."""

    @property
    def folder(self) -> Path:
        """RUN/member-00 and so on; there once its training has begun."""
        return self.run_folder / f"member-{self.index:02d}"

    @property
    def name(self) -> str:
        """How messages and figures call it."""
        return f"{self.run_folder.name}/{self.folder.name}"

    @property
    def fold(self) -> int:
        """The fold that it never trains on."""
        return self.index % self.config.train.folds

    @property
    def seed(self) -> int:
        """Seeds its first weights, the order of its faces and their augmentation."""
        return self.config.train.seed + self.index

    @property
    def state_file(self) -> Path:
        """Everything a resumed training needs; only unfinished members have it."""
        return self.folder / "state.pt"

    @property
    def weights_file(self) -> Path:
        """The averaged weights after the last epoch; only finished members have them."""
        return self.folder / "weights.safetensors"

    @property
    def summary_file(self) -> Path:
        """The results; written last, so that it marks a finished member."""
        return self.folder / "summary.json"

    @property
    def finished(self) -> bool:
        """True when training came to its end, and results and weights can be read."""
        return bool(self.summary) and self.weights_file.exists()

    @property
    def summary(self) -> dict[str, Any]:
        """The results of a finished member."""
        return read_json_or_empty(self.summary_file)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training the same member; RunError when one already does."""
        with writing_to(self.folder):
            self.folder.mkdir(exist_ok=True)
        lock = FileLock(self.folder / ".lock", blocking=False)
        try:
            with lock:
                yield
        except Timeout:
            raise RunError(
                f"{self.folder}: another process is training this member",
                "wait for it, or train another run: leave out --resume",
            ) from None

    def new_network(self) -> KeypointNetwork:
        """Its network with fresh weights, which its seed alone decides."""
        torch.manual_seed(self.seed)
        return build_network(self.config.train.model, self.shape)

    def load_network(self, device: torch.device) -> KeypointNetwork:
        """Its network with the trained weights; RunError when they cannot be read."""
        network = self.new_network()
        try:
            network.load_state_dict(load_file(self.weights_file))
        except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
            raise RunError(
                f"{self.weights_file}: no weights of this network ({error})",
                "delete this folder and train it again: --stage train --resume "
                f"{self.run_folder.name}, or name another run: --run",
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

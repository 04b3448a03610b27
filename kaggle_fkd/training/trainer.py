"""`Trainer`: a network, its optimiser and its faces on the device; one epoch at a time."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.prediction.batches import head_index, images_on, predict_batches
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.labels import mean_keypoints_by_head, targets_by_head
from kaggle_fkd.training.loss import masked_loss, squares_and_count

LOSS_UNITS_PER_WIDTH = 96
"""Losses are computed on errors in 1/96 of the width: pixels of the competition's images."""


@dataclass(frozen=True)
class FacesOnDevice:
    """A data set as tensors on the device that trains."""

    images: Tensor
    """N x H x W uint8."""
    keypoints: Tensor
    """N x K x 2 pixels, NaN where missing."""
    heads: Tensor
    """N, the head that predicts each face unmirrored."""
    weight: Tensor
    """N, the weight of each face in the loss."""

    @classmethod
    def put(cls, faces: FaceDataset, heads: int, device: torch.device) -> Self:
        """Copy the faces to the device; `heads` is the number of heads for unmirrored faces."""
        weight = np.ones(len(faces), np.float32) if faces.weight is None else faces.weight
        return cls(
            images_on(device, faces),
            torch.from_numpy(faces.keypoints.copy()).to(device),
            head_index(device, faces, heads),
            torch.from_numpy(weight).to(device),
        )


class Trainer:
    """Trains one network; on a CPU the same seed and number of threads give the same weights."""

    def __init__(
        self,
        shape: NetworkShape,
        config: Config,
        faces: FaceDataset,
        seed: int,
        device: torch.device,
    ) -> None:
        """Initial weights and dropout draw from torch's global generator: see `seeded`."""
        self.shape, self.config, self.device = shape, config, device
        self.scheme, self.margin = faces.scheme, faces.margin
        network = build_network(config.train.model, shape)
        network.set_mean_keypoints(mean_keypoints_by_head(faces.inner(), shape))
        self.network = network.to(device)
        # Fused: one pass over the parameters instead of a dozen.
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, config.train.weight_decay),
            lr=config.train.lr, fused=device.type != "mps",
        )  # fmt: skip
        # On the CPU whatever the device: draws the order of the faces and the augmentation.
        self.generator = torch.Generator().manual_seed(seed)
        self.faces = FacesOnDevice.put(faces, shape.heads, device)

    @property
    def steps_per_epoch(self) -> int:
        """Gradient steps in one pass over the faces."""
        return math.ceil(len(self.faces.images) / self.config.train.batch_size)

    def run_epoch(self, epoch: int, after_step: Callable[[], object]) -> float:
        """Train for one epoch, counted from 0; the RMSE in pixels on the augmented faces."""
        self.network.train()
        order = torch.randperm(len(self.faces.images), generator=self.generator)
        batches = order.split(self.config.train.batch_size)
        errors = []
        for step, batch in enumerate(batches):
            # The middle of the step, as the ramp begins and the cosine ends at a rate of 0.
            progress = (epoch + (step + 0.5) / len(batches)) / self.config.train.epochs
            errors.append(self._step(batch.to(self.device), self.config.train.lr_at(progress)))
            after_step()
        squares, count = torch.stack(errors).cpu().double().sum(dim=0).tolist()
        return math.sqrt(squares / max(count, 1))

    def _step(self, index: Tensor, lr: float) -> Tensor:
        """One gradient step on the faces at `index`; their sum of squared errors and its count."""
        images, keypoints, mirrored = augment(
            self.faces.images[index], self.faces.keypoints[index], self.scheme,
            self.config.augment, self.generator, self.margin,
        )  # fmt: skip
        heads = self.shape.mirrored_head_index(self.faces.heads[index], mirrored)
        predicted = self.network(images)
        targets = targets_by_head(keypoints, heads, self.shape, self.scheme)
        unit = self.shape.width / LOSS_UNITS_PER_WIDTH
        loss = masked_loss(
            self.config.train.loss, predicted / unit, targets / unit, self.faces.weight[index]
        )
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        rows = torch.arange(len(index), device=self.device)
        return squares_and_count(predicted[rows, heads], keypoints)

    def predict(self, faces: FacesOnDevice) -> NDArray[np.float32]:
        """N x K x 2 pixels, the network's keypoints of faces that it is not trained on."""
        return predict_batches(self.network, faces.images, faces.heads)

    def weights(self) -> dict[str, Tensor]:
        """The network's weights, statistics and mean keypoints, on the CPU."""
        return {name: tensor.cpu() for name, tensor in self.network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """All that the next epoch depends on (on MPS, without dropout's generator)."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": _global_random_state(self.device),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from a state of `state()`.

        Raises KeyError, RuntimeError, TypeError or ValueError if it is not one of such a trainer.
        """
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["dropout"], self.device)
        else:
            torch.set_rng_state(state["dropout"])


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for a training; initial weights and dropout draw from them.

    Afterwards the generator of the CPU, and that of a CUDA `device`, have the caller's state again.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _global_random_state(device: torch.device) -> Tensor:
    """The state of torch's global generator from which dropout draws on this device."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """AdamW's groups: weights decay; biases and normalisation layers do not."""
    weights: list[Tensor] = [p for p in network.parameters() if p.ndim > 1]
    others: list[Tensor] = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]

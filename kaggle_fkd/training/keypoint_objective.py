"""`KeypointObjective`: to predict the keypoints of faces."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.metrics import RMSE, Metric, rmse, rmse_by_convention, rmse_by_keypoint
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.prediction.batches import head_index, images_on, predict_batches
from kaggle_fkd.system.process_group import ALONE, ProcessGroup
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.calibration import calibration
from kaggle_fkd.training.labels import mean_keypoints_by_head, targets_by_head
from kaggle_fkd.training.loss import error_loss, masked_loss, squares_and_count
from kaggle_fkd.training.objective import Objective

LOSS_UNITS_PER_WIDTH = 96
"""Losses are computed on errors in 1/96 of the width: pixels of the competition's images."""
ERROR_SHARE = 0.5
"""Weight of the loss of the expected errors. 0.1 and 0.5 cost no accuracy that shows; the ranks of
0.5 correlate a little better with the errors (0.395 instead of 0.389; 16 epochs of gridnet_s)."""
DIVERGED = 0.5
"""A training whose RMSE is more than this share of the image's width, when half of the epochs are
over, is stopped: predicting the image's centre would be better. Before, sound trainings exceed it,
too: gridnet on 128 sample faces had 255 px after 2 of 12 epochs, and 4.7 px at the end."""


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


class KeypointObjective(Objective[KeypointNetwork]):
    """To predict the keypoints of faces, each by the head of its convention."""

    metric: ClassVar[Metric] = RMSE
    noun: ClassVar[str] = "face"
    simplest: ClassVar[str] = "the mean face"

    def __init__(
        self,
        shape: NetworkShape,
        config: Config,
        train: FaceDataset,
        validation: FaceDataset,
        device: torch.device,
    ) -> None:
        """The networks of that shape learn from `train`, and are validated without a margin."""
        self.shape, self.config = shape, config
        self.scheme, self.margin = train.scheme, train.margin
        self.conventions = [
            convention.name
            for index, convention in enumerate(self.scheme.conventions)
            if train.labelled[train.convention == index].any()
        ]
        self.validation = validation.inner()
        self.mean_keypoints = mean_keypoints_by_head(train.inner(), shape)
        self.faces = FacesOnDevice.put(train, shape.heads, device)
        self.held_out_faces = FacesOnDevice.put(self.validation, shape.heads, device)

    @property
    def examples(self) -> int:
        """The number of training faces."""
        return len(self.faces.images)

    @property
    def held_out(self) -> int:
        """The number of validation faces."""
        return len(self.validation)

    @property
    def baseline(self) -> float:
        """The validation RMSE in pixels of the training faces' mean keypoints."""
        means = self.mean_keypoints[self.held_out_faces.heads.cpu()].numpy()
        return rmse(means, np.where(np.isfinite(means), self.validation.keypoints, np.nan))

    @property
    def limit(self) -> float:
        """See `DIVERGED`."""
        return DIVERGED * self.shape.width

    def initialise(self, network: KeypointNetwork) -> None:
        """Predict offsets from the mean keypoints."""
        network.set_mean_keypoints(self.mean_keypoints)

    def loss(
        self, network: KeypointNetwork, index: Tensor, generator: torch.Generator,
        group: ProcessGroup = ALONE,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """The masked losses of keypoints and their expected errors, added.

        Beside it, the sum of squared errors in pixels, and the number of coordinates.
        """
        images, keypoints, mirrored = augment(
            self.faces.images[index], self.faces.keypoints[index], self.scheme,
            self.config.augment, generator, self.margin, group,
        )  # fmt: skip
        index = index[group.part_of(len(index))]
        heads = self.shape.mirrored_head_index(self.faces.heads[index], mirrored)
        outputs = network(images)
        predicted, errors = outputs[..., :2], outputs[..., 2]
        targets = targets_by_head(keypoints, heads, self.shape, self.scheme)
        unit = self.shape.width / LOSS_UNITS_PER_WIDTH
        weight = self.faces.weight[index]
        loss = masked_loss(self.config.train.loss, predicted / unit, targets / unit, weight, group)
        distance = (predicted.detach() - targets).norm(dim=-1)
        loss = loss + ERROR_SHARE * error_loss(errors / unit, distance / unit, weight, group)
        rows = torch.arange(len(index), device=index.device)
        return loss, squares_and_count(predicted[rows, heads], keypoints)

    def finalise(self, network: KeypointNetwork) -> None:
        """Calibrate the expected errors on the validation faces."""
        predicted = self.predict(network)
        heads = self.held_out_faces.heads.cpu().numpy()
        factors = calibration(predicted, self.validation, heads, self.shape)
        network.calibration.copy_(torch.from_numpy(factors))

    def training_score(self, total: float, count: float) -> float:
        """The RMSE in pixels."""
        return math.sqrt(total / max(count, 1))

    def predict(self, network: KeypointNetwork, precision: str = "fp32") -> NDArray[np.float32]:
        """N x K x 3 pixels, the network's keypoints of the validation faces, and their errors."""
        faces = self.held_out_faces
        return predict_batches(network, faces.images, faces.heads, precision)

    def validate(self, network: KeypointNetwork, precision: str = "fp32") -> dict[str, float]:
        """The RMSE in pixels of all validation faces, and of those of each convention."""
        predicted = self.predict(network, precision)
        return rmse_by_convention(predicted[..., :2], self.validation)

    def results(self, network: KeypointNetwork) -> dict[str, Any]:
        """The conventions it was trained on; RMSE by convention and by keypoint, and of the mean
        face."""
        predicted = self.predict(network)[..., :2]
        return {
            "conventions": self.conventions,
            "validation_rmse": rmse_by_convention(predicted, self.validation),
            "validation_rmse_by_keypoint": rmse_by_keypoint(predicted, self.validation),
            "mean_face_rmse": self.baseline,
        }

"""What all keypoint networks share: grey faces in, keypoints in pixels out; many faces at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import UsageError

OFFSETS_PER_WIDTH = 16
"""Offsets are in sixteenths of the width: 6 of 96 pixels, about what keypoints vary by."""
MIRROR_DIFFERENCE_SCALE = 0.25
"""Factor on how the heads of mirrored faces differ. Small, so that it is learnt slowly: on 540
sample faces pairs of heads that shared nothing were 5 % worse than one head, with 1 they were 2 %
worse, with a quarter 0.4 %."""
BATCH = 128
"""Faces per forward pass; 300 MB of activations with the largest network here."""


@dataclass(frozen=True)
class NetworkShape:
    """What a network takes and gives, apart from its architecture."""

    height: int
    """Height of the faces, in pixels."""
    width: int
    """Width of the faces, in pixels."""
    keypoints: int
    """K, keypoints per head."""
    heads: int
    """Sets of keypoints predicted for each face: one a label convention, or a single one."""
    mirrored: bool = False
    """As many heads again, after the others, speak for mirrored faces (`split_mirror_heads`)."""

    @classmethod
    def of(cls, faces: FaceDataset, config: Config) -> Self:
        """What a network that is trained on these faces takes and gives.

        It has a head for each convention, and as many for mirrored faces if training shows it both
        sides; but the classic baselines know of neither.
        """
        height, width = faces.inner().size
        train, conventions = config.train, len(faces.scheme.conventions)
        masked = train.labels == "masked"
        heads = conventions if masked and train.heads == "convention" else 1
        mirrored = masked and train.mirror_heads and 0 < config.augment.flip < 1
        return cls(height, width, len(faces.scheme.names), heads, mirrored)

    @property
    def total_heads(self) -> int:
        """H, heads of faces as they are, and of mirrored ones."""
        return self.heads * (2 if self.mirrored else 1)

    def mirrored_head_index(self, heads: Tensor, mirrored: Tensor | bool) -> Tensor:
        """N, the heads in place of `heads`, N, for faces some of which, or all, are mirrored."""
        return heads + self.heads * mirrored if self.mirrored else heads


class KeypointNetwork(nn.Module):
    """Base of every network: standardises faces, so that subclasses need not.

    A subclass sets `features` and `head`, which regress offsets from the mean face, or defines
    `regress` anew. Where its features pool by maximum, pooling comes before the activation: both
    are monotonic, so the numbers are the same, at a quarter of the work.
    """

    features: nn.Module
    head: nn.Module
    mean_keypoints: Tensor
    """H x K x 2 pixels, stored with the weights; the image's centre until it is set."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.outputs = shape.total_heads * shape.keypoints * 2
        centre = torch.tensor([(shape.width - 1) / 2, (shape.height - 1) / 2])
        self.register_buffer("mean_keypoints", centre.repeat(shape.total_heads, shape.keypoints, 1))

    def forward(self, images: Tensor) -> Tensor:
        """N x height x width grey values 0..255 (any number type) to N x H x K x 2 pixels.

        H is `NetworkShape.total_heads`, here and in all that follows.
        """
        return self.regress(standardise(images))

    def set_mean_keypoints(self, mean_keypoints: Tensor) -> None:
        """Predict offsets from these H x K x 2 pixels; where NaN, from the image's centre."""
        self.mean_keypoints = torch.where(
            mean_keypoints.isnan(), self.mean_keypoints, mean_keypoints
        )

    def regress(self, images: Tensor) -> Tensor:
        """N x 1 x height x width, mean 0, spread 1, to N x H x K x 2 pixels."""
        offsets: Tensor = self.head(self.features(images))
        offsets = self.split_mirror_heads(offsets.view(-1, *self.mean_keypoints.shape))
        return self.mean_keypoints + offsets * (self.shape.width / OFFSETS_PER_WIDTH)

    def split_mirror_heads(self, outputs: Tensor) -> Tensor:
        """N x H x ..., the heads of faces as they are, then those of mirrored ones.

        `outputs`, of the same shape, are what both have in common, then by how much they differ.

        So every face teaches all heads. Labels that are off to one side are not the mirrored
        labels of a mirrored face: with the same head for both, a network ends between the two.
        """
        if not self.shape.mirrored:
            return outputs
        mean, difference = outputs.chunk(2, dim=1)
        return torch.cat(
            [
                mean + MIRROR_DIFFERENCE_SCALE * difference,
                mean - MIRROR_DIFFERENCE_SCALE * difference,
            ],
            dim=1,
        )

    def heat_maps(self, images: Tensor) -> Tensor | None:
        """How much each cell of a grid over the image weighs for each keypoint, if there is one.

        N x 1 x height x width, standardised, to N x H x K x rows x columns that add up to 1; None
        of a network that regresses coordinates.
        """
        return None


def standardise(images: Tensor) -> Tensor:
    """N x H x W grey values 0..255 (any number type) to N x 1 x H x W of mean 0 and spread 1.

    Each face by its own mean and contrast, so that the light it was taken in drops out.
    """
    grey = images.unsqueeze(1).float()
    mean, spread = grey.mean((2, 3), keepdim=True), grey.std((2, 3), keepdim=True)
    return (grey - mean) / (spread + 1)  # one grey level more: an even image divides by no zero


def glorot(module: nn.Module) -> None:
    """First weights of a layer, for `network.apply`: Glorot and Bengio, 2010, no biases.

    The default of the libraries that the classic solutions were written with; torch's own
    starts so small that `cnn` needs twice the steps to fit eight faces.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def flat_features(layers: nn.Module, shape: NetworkShape) -> int:
    """How many numbers `layers` makes of one face, so that networks fit any image size.

    Raises UsageError where nothing is left of the face after all the pooling.
    """
    try:
        with evaluating(layers), torch.no_grad():
            count: int = layers(torch.zeros(1, 1, shape.height, shape.width)).numel()
    except RuntimeError as error:
        raise UsageError(
            f"faces of {shape.width} x {shape.height} pixels are too small for this network",
            "give larger ones (--set chips.size=96), or another --model",
        ) from error
    return count


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """The network without dropout and with its learnt normalisation; then its mode as it was."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


@torch.inference_mode()
def predict(network: KeypointNetwork, images: Tensor, heads: Tensor) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels of N x H x W faces, each by the head that `heads`, N, names.

    Images and network must be on the same device; the network's mode is left as it was.
    """
    with evaluating(network):
        keypoints = [
            network(batch)[torch.arange(len(batch), device=batch.device), head].float().cpu()
            for batch, head in zip(images.split(BATCH), heads.split(BATCH), strict=True)
        ]
    return torch.cat(keypoints).numpy()


def images_on(device: torch.device, faces: FaceDataset) -> Tensor:
    """The faces' N x H x W images as one uint8 tensor on the device (65 MB at full size)."""
    return torch.from_numpy(np.array(faces.images)).to(device)


def head_index(device: torch.device, faces: FaceDataset, heads: int) -> Tensor:
    """N, which head of the network speaks for each face: that of its convention, if it has one."""
    return torch.from_numpy(np.minimum(faces.convention, heads - 1).astype(np.int64)).to(device)

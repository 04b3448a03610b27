"""`KeypointNetwork`, the base of networks for keypoints: from grey faces to keypoints in pixels.

Every keypoint comes with its expected error, which is learnt from the errors on training faces;
after Kendall and Gal, "What uncertainties do we need in Bayesian deep learning for computer
vision?", 2017 (arXiv 1703.04977).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from kaggle_fkd.networks.shape import NetworkShape

OFFSETS_PER_WIDTH = 16
"""Offsets are in sixteenths of the width: 6 of 96 pixels, about the spread of a keypoint."""
ERRORS_PER_WIDTH = 64
"""An output of 0 is an expected error of a sixty-fourth of the width: 1.5 of 96 pixels, about the
error of a trained network."""
MAX_LOGARITHM = 10.0
"""Expected errors beyond this are those of a training that diverges; they stay numbers."""
MIRROR_DIFFERENCE_SCALE = 0.25
"""Factor on the difference between a head and its mirrored one. It is small, so that the difference
is learnt slowly: on 540 sample faces pairs of heads that shared nothing were 5 % worse than one
head, with a factor of 1 they were 2 % worse, with a quarter 0.4 %."""


class KeypointNetwork(nn.Module):
    """Base of every network for keypoints; it standardises the faces for its subclasses.

    A subclass sets `features` and `head`, which regress offsets from the mean keypoints, or
    overrides `regress`. Where its features use max pooling, pooling comes before the activation:
    both are monotonic, so the values are the same, at a quarter of the work.
    """

    features: nn.Module
    head: nn.Module
    mean_keypoints: Tensor
    """H x K x 2 pixels, stored with the weights; the image's centre until they are set."""
    calibration: Tensor
    """H x K factors on the expected errors, stored with the weights; 1 until they are set."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.outputs = shape.total_heads * shape.keypoints * 3
        centre = torch.tensor([(shape.width - 1) / 2, (shape.height - 1) / 2])
        self.register_buffer("mean_keypoints", centre.repeat(shape.total_heads, shape.keypoints, 1))
        self.register_buffer("calibration", torch.ones(shape.total_heads, shape.keypoints))

    def forward(self, images: Tensor) -> Tensor:
        """N x height x width grey values 0..255 (any number type) to N x H x K x 3 pixels.

        They are x, y and the expected error, a distance. H is `NetworkShape.total_heads`, here and
        in everything below.
        """
        return self.regress(standardise(images))

    def predict(self, images: Tensor, heads: Tensor) -> Tensor:
        """N x K x 3, what `forward` predicts with the head that `heads`, N, names for each face."""
        predicted: Tensor = self(images)
        index = heads[:, None, None, None].expand(-1, 1, *predicted.shape[2:])
        return predicted.gather(1, index)[:, 0]

    def set_mean_keypoints(self, mean: Tensor) -> None:
        """Predict offsets from these H x K x 2 pixels; where NaN, from the image's centre."""
        self.mean_keypoints = torch.where(mean.isnan(), self.mean_keypoints, mean)

    def regress(self, images: Tensor) -> Tensor:
        """N x 1 x height x width, standardised, to N x H x K x 3 pixels."""
        outputs: Tensor = self.head(self.features(images))
        outputs = self.split_mirror_heads(outputs.view(-1, *self.calibration.shape, 3))
        offsets = outputs[..., :2] * (self.shape.width / OFFSETS_PER_WIDTH)
        return self.with_errors(self.mean_keypoints + offsets, outputs[..., 2], self.calibration)

    def with_errors(self, keypoints: Tensor, logarithms: Tensor, calibration: Tensor) -> Tensor:
        """... x K x 3: the keypoints, ... x K x 2, and their expected errors.

        `logarithms`, ... x K, are those of the errors before the `calibration` of their heads.
        """
        unit = self.shape.width / ERRORS_PER_WIDTH
        bounded = logarithms.float().clamp(-MAX_LOGARITHM, MAX_LOGARITHM)
        errors = unit * calibration * bounded.exp()
        return torch.cat([keypoints, errors[..., None]], dim=-1)

    def split_mirror_heads(self, outputs: Tensor) -> Tensor:
        """N x H x ..., the heads of unmirrored faces, then those of mirrored faces.

        `outputs`, of the same shape, hold the mean of both, then half their difference divided by
        `MIRROR_DIFFERENCE_SCALE`. So every face trains all heads. Labels that are biased to one
        side are not mirror-symmetric: one head for both would learn their mean.
        """
        if not self.shape.mirrored:
            return outputs
        mean, difference = outputs.chunk(2, dim=1)
        difference = MIRROR_DIFFERENCE_SCALE * difference
        return torch.cat([mean + difference, mean - difference], dim=1)


def standardise(images: Tensor) -> Tensor:
    """N x H x W grey values 0..255 (any number type) to N x 1 x H x W of mean 0 and spread 1.

    Each face is standardised by its own mean and contrast, which removes differences in lighting.
    """
    grey = images.unsqueeze(1).float()
    mean, spread = grey.mean((2, 3), keepdim=True), grey.std((2, 3), keepdim=True)
    return (grey - mean) / (spread + 1)  # +1 grey level: a constant image does not divide by zero


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode (no dropout, learnt statistics) within the block."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)

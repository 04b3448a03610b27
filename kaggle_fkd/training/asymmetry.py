"""Labels that are off to one side as a whole: by how much, learnt in training."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.training.geometry import flip_keypoints


class LabelAsymmetry(nn.Module):
    """Offsets of labels from places that keep their meaning in a mirror, learnt in training.

    Flips teach a network that mirrored labels fit mirrored faces. Where labels are off to one side,
    by the annotators' habit or because pixels were counted from 1, mirrored ones are off to the
    other, and the network ends between them: on the stand-in of results/README.md all its
    keypoints were 0.8 pixels too far left, an eighth of the error. So these offsets are taken off
    the labels before a flip, and added to what the network predicts.
    """

    def __init__(self, heads: int, scheme: KeypointScheme) -> None:
        super().__init__()
        self.scheme = scheme
        self.offsets = nn.Parameter(torch.zeros(heads, len(scheme.names), 2))

    def forward(self) -> Tensor:
        """heads x K x 2 pixels. Only what a mirror reverses: the rest is the network's to learn."""
        mirrored = flip_keypoints(self.offsets, self.scheme, width=1)
        return (self.offsets - mirrored) / 2

    def removed(self, keypoints: Tensor, heads: Tensor) -> Tensor:
        """N x K x 2 labels of the faces that `heads`, N, speak for, without it; NaN stays NaN."""
        # Chosen last, so that no gradient of a missing label comes through.
        return torch.where(keypoints.isnan(), keypoints, keypoints - self()[heads])

    def of(self, heads: Tensor) -> NDArray[np.float32]:
        """N x K x 2, what to add to keypoints by these heads, N."""
        offsets: NDArray[np.float32] = self()[heads].detach().cpu().numpy()
        return offsets

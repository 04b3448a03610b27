"""Parts of several networks: their initial weights, and the number of flattened features."""

import torch
from torch import nn

from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks.network import evaluating
from kaggle_fkd.networks.shape import NetworkShape

LARGE = 512
"""Width and height, in pixels, of an image that is large enough for every network."""


def glorot(module: nn.Module) -> None:
    """Initialise a layer, for `network.apply`, after Glorot and Bengio, 2010; biases are 0.

    This is the default of the libraries that the classic solutions were written with. The
    initial weights of torch are so small that `cnn` needs twice the steps to fit eight faces.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def flat_features(layers: nn.Module, shape: NetworkShape) -> int:
    """Number of features that `layers` computes per face, so that networks fit any image size.

    Raises UsageError if the faces are too small for the layers' kernels and pooling, RuntimeError
    if the layers fail on images of any size.
    """
    try:
        return _feature_count(layers, shape.height, shape.width)
    except RuntimeError as error:
        _feature_count(layers, LARGE, LARGE)  # fails, too, if the size is not the cause
        raise UsageError(
            f"faces of {shape.width} x {shape.height} pixels are too small for this network",
            "use larger faces (chips.size=96) or another network (train.model)",
        ) from error


def _feature_count(layers: nn.Module, height: int, width: int) -> int:
    with evaluating(layers), torch.no_grad():
        count: int = layers(torch.zeros(1, 1, height, width)).numel()
    return count

"""Five convolutions, then fully connected layers: what entries of the 68-point course settle on.

The course is Udacity's Computer Vision Nanodegree, project 1. Without and with batch normalisation
(Ioffe and Szegedy, 2015, arXiv 1502.03167), whose worth the best of those entries claims.
"""

from torch import nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape, flat_features, glorot

KERNELS = (5, 3, 3, 3, 1)
FIRST_CHANNELS = 32
"""Of the first convolution; each further one has twice as many, the last 512."""
HIDDEN = 1024


class FiveConv(KeypointNetwork):
    """Kernels of 5, 3, 3, 3 and 1 pixels, each pooled; 20 M parameters at 224 x 224."""

    normalised = False

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        layers: list[nn.Module] = []
        inputs, outputs = 1, FIRST_CHANNELS
        for kernel in KERNELS:
            layers += [nn.Conv2d(inputs, outputs, kernel, bias=not self.normalised)]
            layers += [nn.BatchNorm2d(outputs)] if self.normalised else []
            layers += [nn.MaxPool2d(2), nn.ReLU()]
            inputs, outputs = outputs, 2 * outputs
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(flat_features(self.features, shape), HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, self.outputs),
        )  # fmt: skip
        self.apply(glorot)


class FiveConvBN(FiveConv):
    """The same with batch normalisation after every convolution."""

    normalised = True

"""The classic networks of the competition's tutorials and of the course on 68 points.

Numbers of parameters are for one head, of 15 keypoints at 96 x 96 pixels unless stated otherwise.

LeNet-5: LeCun et al., "Gradient-based learning applied to document recognition", 1998; with ReLU
and max pooling, as in the classic solutions of the competition.
CNN: Daniel Nouri, "Using convolutional neural nets to detect facial keypoints tutorial", 2014,
its net5.
NaimishNet: Agarwal et al., "Facial Key Points Detection using Deep Convolutional Neural Network -
NaimishNet", 2017, arXiv 1710.00977.
FiveConv: the usual network of the project in Udacity's Computer Vision Nanodegree, without and with
batch normalisation (Ioffe and Szegedy, 2015, arXiv 1502.03167).
"""

from torch import nn

from kaggle_fkd.networks.layers import flat_features, glorot
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape

KERNELS = (5, 3, 3, 3, 1)
"""Kernel sizes of the five convolutions of `FiveConv`."""
FIRST_CHANNELS = 32
"""Channels of its first convolution; each further one has twice as many, the last 512."""
HIDDEN = 1024
"""Features of its hidden fully connected layer."""


class LeNet(KeypointNetwork):
    """Two convolutions of 5 x 5, three fully connected layers; 0.86 M parameters."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Linear(flat_features(self.features, shape), 120), nn.ReLU(),
            nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, self.outputs),
        )  # fmt: skip
        self.apply(glorot)


class CNN(KeypointNetwork):
    """Convolutions of 3, 2 and 2 pixels; 8.05 M parameters."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(32, 64, 2), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(64, 128, 2), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Linear(flat_features(self.features, shape), 500), nn.ReLU(),
            nn.Linear(500, 500), nn.ReLU(),
            nn.Linear(500, self.outputs),
        )  # fmt: skip
        self.apply(glorot)


class NaimishNet(KeypointNetwork):
    """Four convolutions (4, 3, 2, 1 pixels), dropout growing from 0.1 to 0.6; 7.52 M parameters."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 4), nn.MaxPool2d(2), nn.ELU(), nn.Dropout(0.1),
            nn.Conv2d(32, 64, 3), nn.MaxPool2d(2), nn.ELU(), nn.Dropout(0.2),
            nn.Conv2d(64, 128, 2), nn.MaxPool2d(2), nn.ELU(), nn.Dropout(0.3),
            nn.Conv2d(128, 256, 1), nn.MaxPool2d(2), nn.ELU(), nn.Dropout(0.4),
            nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Linear(flat_features(self.features, shape), 1000), nn.ELU(), nn.Dropout(0.5),
            # The paper's second dense layer is linear, except for its dropout.
            nn.Linear(1000, 1000), nn.Dropout(0.6),
            nn.Linear(1000, self.outputs),
        )  # fmt: skip
        self.apply(_naimish_weights)


def _naimish_weights(module: nn.Module) -> None:
    """The paper's initial weights: uniform (-0.05, 0.05) in convolutions, Glorot elsewhere."""
    glorot(module)
    if isinstance(module, nn.Conv2d):
        nn.init.uniform_(module.weight, -0.05, 0.05)


class FiveConv(KeypointNetwork):
    """Kernels of 5, 3, 3, 3 and 1 pixels, each followed by pooling.

    19.5 M parameters for 68 keypoints at 224 x 224 pixels.
    """

    batch_normalisation = False

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        layers: list[nn.Module] = []
        inputs, outputs = 1, FIRST_CHANNELS
        for kernel in KERNELS:
            layers += [nn.Conv2d(inputs, outputs, kernel, bias=not self.batch_normalisation)]
            layers += [nn.BatchNorm2d(outputs)] if self.batch_normalisation else []
            layers += [nn.MaxPool2d(2), nn.ReLU()]
            inputs, outputs = outputs, 2 * outputs
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(flat_features(self.features, shape), HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, self.outputs),
        )  # fmt: skip
        self.apply(glorot)


class FiveConvBN(FiveConv):
    """`FiveConv` with batch normalisation after every convolution."""

    batch_normalisation = True

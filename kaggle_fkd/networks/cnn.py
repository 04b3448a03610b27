"""The classic convolutional network of the competition's tutorials.

Daniel Nouri, "Using convolutional neural nets to detect facial keypoints tutorial", 2014 (net5):
three convolutions with pooling, two hidden layers.
"""

from torch import nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape, flat_features, glorot


class CNN(KeypointNetwork):
    """Convolutions of 3, 2 and 2 pixels; 8.1 M parameters at 96 x 96."""

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

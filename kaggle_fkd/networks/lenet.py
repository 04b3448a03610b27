"""LeNet-5, as the classic solutions of the competition have it: ReLU and max pooling.

LeCun et al., "Gradient-based learning applied to document recognition", 1998.
"""

from torch import nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape, flat_features, glorot


class LeNet(KeypointNetwork):
    """Two convolutions of 5 x 5, three fully connected layers; 0.86 M parameters at 96 x 96."""

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

"""The trunk of `gridnet` with a fully connected head, to see what the grid is worth."""

from torch import nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape, flat_features
from kaggle_fkd.networks.core.trunk import Trunk


class PlainNet(KeypointNetwork):
    """All features to all coordinates in one layer."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(Trunk(), nn.Flatten())
        self.head = nn.Linear(flat_features(self.features, shape), self.outputs)
        nn.init.normal_(self.head.weight, std=0.001)

"""A network with one fully connected layer on the trunk of the grid networks: a baseline."""

from torch import nn

from kaggle_fkd.networks.layers import flat_features
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.networks.trunk import Trunk


class PlainNet(KeypointNetwork):
    """One layer from all features to all coordinates."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(Trunk(), nn.Flatten())
        self.head = nn.Linear(flat_features(self.features, shape), self.outputs)
        nn.init.normal_(self.head.weight, std=0.001)

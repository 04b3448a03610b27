"""NaimishNet: Agarwal et al., "Facial Key Points Detection using Deep Convolutional Neural
Network - NaimishNet", 2017 (arXiv 1710.00977).
"""

from torch import nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape, flat_features, glorot


class NaimishNet(KeypointNetwork):
    """Four convolutions (4, 3, 2, 1 pixels), dropout growing from 0.1 to 0.6; 7.5 M parameters."""

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
            # The paper's second dense layer is linear but for its dropout.
            nn.Linear(1000, 1000), nn.Dropout(0.6),
            nn.Linear(1000, self.outputs),
        )  # fmt: skip
        self.apply(_initialise)


def _initialise(module: nn.Module) -> None:
    """The paper's first weights: uniform (-0.05, 0.05) in convolutions, Glorot elsewhere."""
    glorot(module)
    if isinstance(module, nn.Conv2d):
        nn.init.uniform_(module.weight, -0.05, 0.05)

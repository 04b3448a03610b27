"""`Objective`: what a network is trained to do."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

from kaggle_fkd.metrics import Metric
from kaggle_fkd.system.process_group import ALONE, ProcessGroup

N = TypeVar("N", bound=nn.Module)
"""The kind of network."""


class Objective(ABC, Generic[N]):
    """The loss on the training examples, which are on a device, and the scores on held-out ones."""

    metric: ClassVar[Metric]
    """The score of training and validation."""
    noun: ClassVar[str]
    """What one of its examples is."""
    simplest: ClassVar[str] = "the simplest prediction"
    """What `baseline` is the score of."""
    divisible: ClassVar[bool] = True
    """True if the processes of a group can share a batch."""

    @property
    @abstractmethod
    def examples(self) -> int:
        """The number of training examples."""

    @property
    @abstractmethod
    def held_out(self) -> int:
        """The number of validation examples."""

    @property
    def baseline(self) -> float:
        """The validation score of the simplest prediction; infinite if unknown."""
        return float("inf")

    @property
    def limit(self) -> float:
        """A score that only a diverged training has when half of its epochs are over."""
        return float("inf")

    @abstractmethod
    def initialise(self, network: N) -> None:
        """Set what a new network takes from the training examples."""

    @abstractmethod
    def loss(
        self, network: N, index: Tensor, generator: torch.Generator, group: ProcessGroup = ALONE
    ) -> tuple[Tensor, Tensor]:
        """The loss on the examples at `index`, augmented with numbers from the generator.

        The second result, a tensor of two numbers without a gradient, is summed over the steps of
        an epoch for `training_score`. If processes of a group share the examples, the loss is that
        of the mean over the processes, and the two numbers are those of this process's part.
        """

    def finalise(self, network: N) -> None:
        """Set what a trained network takes from the held-out examples; by default nothing."""

    @abstractmethod
    def training_score(self, total: float, count: float) -> float:
        """The metric on the augmented training examples, from the sums over an epoch."""

    @abstractmethod
    def validate(self, network: N, precision: str = "fp32") -> dict[str, float]:
        """The metric on the held-out examples: of `all`, then of parts of them.

        The network computes with numbers of that precision, one of `system.precision.TYPES`.
        """

    @abstractmethod
    def results(self, network: N) -> dict[str, Any]:
        """What the summary of a finished training says of the held-out examples."""

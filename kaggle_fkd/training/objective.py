"""`Objective`: what a network is trained to do. `Metric`: the score that its training reports."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)
"""The kind of network."""


@dataclass(frozen=True)
class Metric:
    """A score of which less is better."""

    name: str
    """In columns and keys: `val_rmse`, `validation_rmse`."""
    title: str
    """In messages and figures."""
    unit: str = ""
    """The unit of its values; empty if they have none."""
    unit_in_words: str = ""
    """The same, written out."""

    @property
    def long_title(self) -> str:
        """The title with the unit in words."""
        return f"{self.title} in {self.unit_in_words}" if self.unit_in_words else self.title

    def text(self, value: float, digits: int = 3) -> str:
        """The value with its unit."""
        return f"{value:.{digits}f} {self.unit}".rstrip()


class Objective(ABC, Generic[N]):
    """The loss on the training examples, which are on a device, and the scores on held-out ones."""

    metric: ClassVar[Metric]
    """The score of training and validation."""
    noun: ClassVar[str]
    """What its examples are, in the plural."""

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
        """The validation score of the simplest answer, the least to expect; infinite if unknown."""
        return float("inf")

    @property
    def limit(self) -> float:
        """A score that only a diverged training has when half of its epochs are over."""
        return float("inf")

    @abstractmethod
    def initialise(self, network: N) -> None:
        """Set what a new network takes from the training examples."""

    @abstractmethod
    def loss(self, network: N, index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The loss on the examples at `index`, augmented with numbers from the generator.

        The second is 2: what `training_score` sums over the steps of an epoch, without a gradient.
        """

    @abstractmethod
    def training_score(self, total: float, count: float) -> float:
        """The metric on the augmented training examples, from the sums over an epoch."""

    @abstractmethod
    def validate(self, network: N) -> dict[str, float]:
        """The metric on the held-out examples: of `all`, then of parts of them."""

    @abstractmethod
    def results(self, network: N) -> dict[str, Any]:
        """What the summary of a finished training says of the held-out examples."""

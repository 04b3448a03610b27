"""`Trainer`: a network, its optimiser and its objective; one epoch at a time."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.system.precision import Precision, precision_on
from kaggle_fkd.system.process_group import ALONE, ProcessGroup
from kaggle_fkd.training.objective import Objective
from kaggle_fkd.training.synchronised import synchronise


class Trainer:
    """Trains one network; on a CPU the same seed and number of threads give the same weights."""

    def __init__(
        self,
        shape: NetworkShape,
        config: TrainConfig,
        objective: Objective[Any],
        seed: int,
        device: torch.device,
        group: ProcessGroup = ALONE,
    ) -> None:
        """Initial weights and dropout draw from torch's global generator: see `seeded`.

        The processes of a group share each batch, and all have the same weights.
        """
        self.config, self.objective, self.device, self.group = config, objective, device, group
        self.precision = group.decided_by_first(lambda: precision_on(device, config.precision))
        self.scaler = self.precision.scaler(device)
        network = build_network(config.model, shape)
        objective.initialise(network)
        if group.size > 1:
            synchronise(network, group)
        self.network = network.to(device)
        self.shared_network = _shared(self.network, group)
        # Fused: one pass over the parameters instead of a dozen.
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, config.weight_decay),
            lr=config.lr, fused=device.type != "mps",
        )  # fmt: skip
        # On the CPU whatever the device: draws the order of the examples and their augmentation.
        self.generator = torch.Generator().manual_seed(seed)

    @property
    def steps_per_epoch(self) -> int:
        """Gradient steps in one pass over the examples."""
        return math.ceil(self.objective.examples / self.config.batch_size)

    def run_epoch(self, epoch: int, after_step: Callable[[], object]) -> float:
        """Train for one epoch, counted from 0; the metric on the augmented examples."""
        self.network.train()
        if not self.group.first:  # or dropout would leave out the same features in every process
            _seed(epoch * self.group.size + self.group.rank, self.device)
        order = torch.randperm(self.objective.examples, generator=self.generator)
        batches = order.split(self.config.batch_size)
        sums = []
        for step, batch in enumerate(batches):
            # The middle of the step, as the ramp begins and the cosine ends at a rate of 0.
            progress = (epoch + (step + 0.5) / len(batches)) / self.config.epochs
            sums.append(self._step(batch.to(self.device), self.config.lr_at(progress)))
            after_step()
        total, count = self.group.sum(torch.stack(sums).cpu().double().sum(dim=0)).tolist()
        return self.objective.training_score(total, count)

    def validate(self) -> dict[str, float]:
        """The metric on the held-out examples: of `all`, then of parts of them.

        In the precision of the training: after every epoch, fp32, as for the results, would take
        5 % of the time of an epoch in bf16.
        """
        return self.objective.validate(self.network, self.precision.name)

    def _step(self, index: Tensor, lr: float) -> Tensor:
        """One gradient step on the examples at `index`; 2, what its score is made of."""
        with self.precision.autocast(self.device):
            loss, sums = self.objective.loss(self.shared_network, index, self.generator, self.group)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return sums

    def weights(self) -> dict[str, Tensor]:
        """The network's weights, statistics and mean keypoints, on the CPU."""
        return {name: tensor.cpu() for name, tensor in self.network.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """All that the next epoch depends on (on MPS, without dropout's generator)."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "precision": self.precision.name,
            "scaler": self.scaler.state_dict(),
            "generator": self.generator.get_state(),
            "device": self.device.type,
            "dropout": _global_random_state(self.device),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from a state of `state()`.

        Raises KeyError, RuntimeError, TypeError or ValueError if it is not one of such a trainer.
        """
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        # On another device, auto may mean another precision: a training keeps its own.
        self.precision = Precision(state["precision"], "as before")
        self.scaler = self.precision.scaler(self.device)
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.generator.set_state(state["generator"])
        if state["device"] != self.device.type:
            return  # its dropout draws other numbers, from a generator with another kind of state
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["dropout"], self.device)
        else:
            torch.set_rng_state(state["dropout"])


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for a training; initial weights and dropout draw from them.

    Afterwards the generator of the CPU, and that of a CUDA `device`, have the caller's state again.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        _seed(seed, device)
        yield


def _seed(seed: int, device: torch.device) -> None:
    """Seed the global generators of the CPU and of the device.

    `torch.manual_seed` would seed those of all other GPUs, too.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def _shared(network: nn.Module, group: ProcessGroup) -> nn.Module:
    """The network, whose gradients are the mean over the processes of the group."""
    if group.size == 1:
        return network
    return DistributedDataParallel(network, process_group=group.handle)


def _global_random_state(device: torch.device) -> Tensor:
    """The state of torch's global generator from which dropout draws on this device."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """AdamW's groups: weights decay; biases and normalisation layers do not."""
    weights: list[Tensor] = [p for p in network.parameters() if p.ndim > 1]
    others: list[Tensor] = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]

"""`ProcessGroup`: the processes that torchrun has started to train together, or this one alone."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.system.torchrun import started_by_torchrun

T = TypeVar("T")
PATIENCE = timedelta(days=7)
"""A process waits so long for others that train members of their own."""
SILENCE = timedelta(seconds=60)
"""A process that does not answer in the middle of a step for so long is taken for dead."""


@dataclass(frozen=True)
class ProcessGroup:
    """Processes that compute together, as torch's process groups."""

    rank: int = 0
    """The number of this process, from 0."""
    size: int = 1
    """The number of processes."""
    handle: Any = None
    """What torch calls the group in collective operations; None: all processes."""

    @property
    def first(self) -> bool:
        """True for the process that writes and prints."""
        return self.rank == 0

    def part_of(self, count: int) -> slice:
        """Which of `count` rows of a batch this process computes: about as many as the others."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum over the processes, without a gradient."""
        if self.size > 1:
            tensor = tensor.detach().clone()
            dist.all_reduce(tensor, group=self.handle)
        return tensor

    def decided_by_first(self, decide: Callable[[], T]) -> T:
        """What the first process decides, for all of them; all raise what it raises."""
        if self.size == 1:
            return decide()
        answer: list[Any] = [None, None]
        if self.first:
            try:
                answer[0] = decide()
            except Exception as error:
                answer[1] = error
        dist.broadcast_object_list(answer, src=0, group=self.handle)
        if answer[1] is not None:
            raise answer[1]
        decided: T = answer[0]
        return decided

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.sum(torch.zeros(1))

    @contextmanager
    def first_goes_first(self) -> Iterator[None]:
        """The other processes begin the block when the first one has left it."""
        if not self.first:
            self.wait()
        try:
            yield
        finally:
            if self.first:
                self.wait()


ALONE = ProcessGroup()
"""What a process is that torchrun has not started."""


def current_group() -> ProcessGroup:
    """All processes of torchrun; this one, if torchrun has not started it.

    Raises UsageError before they have joined.
    """
    if not started_by_torchrun():
        return ALONE
    if not dist.is_initialized():
        raise UsageError(
            "started by torchrun, which would train the same networks in each process",
            "call it inside `with joined_processes():` (kaggle_fkd.system.process_group)",
        )
    return ProcessGroup(dist.get_rank(), dist.get_world_size())


@contextmanager
def joined_processes() -> Iterator[None]:
    """Join the processes that torchrun has started, for the block; nothing to do without it.

    Raises RunError when one of them ends during the block.
    """
    if not started_by_torchrun():
        yield
        return
    # Tensors of a GPU go through NCCL, and all else through gloo.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    try:
        with warnings.catch_warnings():
            # A process may have no row of a small batch.
            warnings.filterwarnings("ignore", r"std\(\): degrees of freedom")
            yield
    except RuntimeError as error:  # torch has a class for some of them only
        if not isinstance(error, dist.DistError) and "gloo" not in str(error).lower():
            raise
        raise RunError(
            "another process of this training has ended, or does not answer any more",
            "look for its message; the same command with --resume continues the training",
        ) from error
    finally:
        dist.destroy_process_group()


def group_for_steps(group: ProcessGroup) -> ProcessGroup:
    """The same processes, which find out soon when one of them is dead."""
    if group.size == 1:
        return group
    return ProcessGroup(group.rank, group.size, dist.new_group(timeout=SILENCE))

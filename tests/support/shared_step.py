"""A step of a training, by this process alone or with the others of torchrun.

    PYTHONPATH=.:tests torchrun --nproc-per-node N tests/support/shared_step.py FILE

The first process writes what `step` gives for each of `BATCHES`.
"""

import sys

import torch
from support.made_up_faces import varied_faces
from support.small_runs import CPU, quick

from kaggle_fkd.system.process_group import (
    ALONE,
    ProcessGroup,
    current_group,
    group_for_steps,
    joined_processes,
)
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.labels import network_shape
from kaggle_fkd.training.trainer import Trainer, seeded

BATCHES = (("gridnet_xs", 9), ("gridnet_xs", 1), ("lenet", 4))
"""Networks with and without batch normalisation, and how many faces they see: the shares of two
processes differ in size, and one of them may be empty."""


def step(model: str, count: int, group: ProcessGroup = ALONE) -> dict[str, torch.Tensor]:
    """Gradients, running statistics and the score of an epoch of one step."""
    faces, config = varied_faces(6, 6)[:count], quick(model=model, precision="fp32")
    shape = network_shape(faces, config)
    with seeded(0, CPU):
        objective = KeypointObjective(shape, config, faces, faces, CPU)
        trainer = Trainer(shape, config.train, objective, 0, CPU, group)
        score = torch.tensor(trainer.run_epoch(0, lambda: None))
    gradients = {name: value.grad for name, value in trainer.network.named_parameters()}
    statistics = {name: each for name, each in trainer.network.named_buffers() if "running" in name}
    return gradients | statistics | {"score": score}


def main() -> None:
    torch.set_num_threads(1)
    with joined_processes():
        group = group_for_steps(current_group())
        steps = [step(*batch, group) for batch in BATCHES]
        if group.first:
            torch.save(steps, sys.argv[1])


if __name__ == "__main__":
    main()

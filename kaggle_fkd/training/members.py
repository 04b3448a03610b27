"""Training the members of a run: each on all examples but those of its own fold."""

from collections.abc import Iterator

import torch

from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import progress
from kaggle_fkd.system.device import places_on
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.job import Job
from kaggle_fkd.training.parallel import train_in_processes


def train_members(
    run: Run, data: TrainingData, count: int, device: torch.device, jobs: int | None = 1
) -> Iterator[Member]:
    """Train the run's first `count` members, except those that are finished; gives each when done.

    Up to `jobs` are trained at the same time, each in a process of its own; None: as many as
    `places_on` gives. On a CPU they share the threads: each has as many, however many of the
    `count` are finished, so that a resumed run equals an uninterrupted one. Raises what `Job.work`
    and `train_in_processes` raise; KeyboardInterrupt leaves all complete epochs on disk.
    """
    waiting = [
        Job(run, index, count, data, device)
        for index in range(count)
        if not run.member(index).finished
    ]
    places = places_on(device, count, jobs)
    if len(places) > 1:
        yield from train_in_processes(waiting, places)
        return
    for job in waiting:
        with progress(None, f"training {job.member.name}") as bar:
            job.work(bar)
        yield job.member

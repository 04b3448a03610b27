"""Training the members of a run: each on all examples but those of its own fold."""

from collections.abc import Iterator, Sequence
from itertools import compress

import torch

from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import progress
from kaggle_fkd.system.device import places_on
from kaggle_fkd.system.process_group import ALONE, ProcessGroup, current_group, group_for_steps
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.job import Job
from kaggle_fkd.training.parallel import train_in_processes


def train_members(
    run: Run, data: TrainingData, count: int, device: torch.device, jobs: int | None = 1
) -> Iterator[Member]:
    """Train the run's first `count` members, except those that are finished; gives each when done.

    Up to `jobs` are trained at the same time, each in a process of its own; None: as many as
    `places_on` gives. On a CPU they share the threads: each has as many, however many of the
    `count` are finished, so that a resumed run equals an uninterrupted one. Processes of torchrun
    train what `train_in_group` says, and each gets the members that it has written. Raises what
    `Job.work` and `train_in_processes` raise; KeyboardInterrupt leaves all complete epochs on disk.
    """
    group = current_group()
    if group.size > 1:
        yield from train_in_group([Job(run, i, count, data, device) for i in range(count)], group)
        return
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
        yield work_here(job)


def train_in_group(jobs: Sequence[Job], group: ProcessGroup) -> Iterator[Member]:
    """Train all members; gives those that this process has written.

    Each process trains members alone, as many as the others; all train the rest together, one
    after the other. Which ones does not depend on what is finished, so that a resumed run equals
    an uninterrupted one.
    """
    steps = group_for_steps(group)
    alone = len(jobs) // group.size * group.size
    for job in jobs[group.rank : alone : group.size]:
        if not job.member.finished:
            yield work_here(job)
    group.wait()
    unfinished = group.decided_by_first(lambda: [not job.member.finished for job in jobs])
    for job in compress(jobs[alone:], unfinished[alone:]):
        member = work_here(job, steps)
        if group.first:
            yield member


def work_here(job: Job, group: ProcessGroup = ALONE) -> Member:
    """Do the job in this process, and in the others of the group, behind a progress bar."""
    with progress(None, f"training {job.member.name}") as bar:
        job.work(bar, group)
    return job.member

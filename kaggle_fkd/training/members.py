"""Training the members of a run: each on all faces but those of its own fold."""

from collections.abc import Iterator, Sequence

import torch

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.training.fit import train_member
from kaggle_fkd.training.folds import held_out_by_each
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.labels import apply_label_policy, trainable


def train_members(
    run: Run,
    faces: FaceDataset,
    count: int,
    device: torch.device,
    treated: FaceDataset | None = None,
) -> Iterator[Member]:
    """Train the run's first `count` members, except those that are finished; gives each when done.

    They learn from `treated`, if given: the same faces without labels that an audit suspects.
    They are always validated on `faces`, so that scores with and without an audit compare.
    Raises DataError when there is nothing to learn from or to validate on, and what
    `train_member` raises; KeyboardInterrupt leaves all complete epochs on disk.
    """
    for member in map(run.member, range(count)):
        if member.finished:
            continue
        train, validation = split(member, faces, faces if treated is None else treated)
        log.info(
            "%s (%d of %d): %d faces to train on, %d to validate, on %s",
            member.folder, member.index + 1, count, len(train), len(validation),
            describe_device(device),
        )  # fmt: skip
        objective = KeypointObjective(member.shape, member.config, train, validation, device)
        summary = train_member(member, objective, device)
        scores = ", ".join(f"{k} {v:.3f}" for k, v in summary["validation_rmse"].items())
        log.info("%s: validation RMSE in pixels: %s", member.name, scores)
        yield member


def split(
    member: Member, faces: FaceDataset, treated: FaceDataset
) -> tuple[FaceDataset, FaceDataset]:
    """The faces that the member learns from, and those that it is validated on.

    Raises DataError when either has no label.
    """
    return next(splits([member], faces, treated))


def splits(
    members: Sequence[Member], faces: FaceDataset, treated: FaceDataset
) -> Iterator[tuple[FaceDataset, FaceDataset]]:
    """For each member of one run, the faces that `split` gives; raises what it raises."""
    for member, held_out in zip(members, held_out_by_each(members, faces), strict=True):
        config = member.config.train
        learnt = trainable(faces, config) & treated.labelled.any(axis=1) & ~held_out
        if not learnt.any() or not faces[held_out].labelled.any():
            raise DataError(
                f"{member.name}: there is no labelled face to train on, or none to validate on",
                "use more faces, fewer folds (train.folds), or another convention "
                "(train.only_convention)",
            )
        yield apply_label_policy(treated[learnt], config.labels), faces[held_out]

"""Checkpoints: the complete state of the training after every epoch, from which it is resumed."""

import io
import pickle
from typing import Any

import torch

from kaggle_fkd.errors import RunError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.provenance import source_commit
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.training.summary import EpochRow, write_metrics
from kaggle_fkd.training.trainer import Trainer

DAMAGE = (
    OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError,
    pickle.UnpicklingError,
)  # fmt: skip
"""Exceptions raised by a checkpoint that is damaged, or was written by another version."""


def save_checkpoint(
    member: Member, trainer: Trainer, epochs: list[EpochRow], commits: list[str]
) -> None:
    """Write the state of the training after an epoch; FkdError if the file cannot be written."""
    # Through memory: a full disk is then an OSError, which torch would hide.
    content = io.BytesIO()
    torch.save({**trainer.state(), "epochs": epochs, "commits": commits}, content)
    with atomic_path(member.state_file) as temporary:
        temporary.write_bytes(content.getvalue())
    write_metrics(member, epochs)


def load_checkpoint(member: Member, trainer: Trainer) -> tuple[list[EpochRow], list[str]]:
    """Continue an interrupted training: its epochs so far, and the commits that trained them.

    Without a checkpoint there are no epochs, and at most the commit of this code. Raises RunError
    if the checkpoint is damaged.
    """
    commit = source_commit()
    commits = [commit] if commit else []
    if not member.state_file.exists():
        return [], commits
    try:
        state: dict[str, Any] = torch.load(member.state_file, map_location="cpu", weights_only=True)
        trainer.load_state(state)
        return state["epochs"], [*dict.fromkeys([*state["commits"], *commits])]
    except DAMAGE as error:
        raise RunError(
            f"{member.state_file}: the checkpoint is damaged ({error})",
            "delete it; resuming the run then trains this member from the start",
        ) from error

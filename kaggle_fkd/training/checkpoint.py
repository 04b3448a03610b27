"""Checkpoints: the complete state of the training after every epoch, from which it is resumed."""

import hashlib
import io
import pickle
from typing import Any

import torch

from kaggle_fkd.errors import RunError
from kaggle_fkd.runs.member import Member, read_stored
from kaggle_fkd.runs.provenance import source_commit
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.summary import EpochRow, write_metrics
from kaggle_fkd.training.trainer import Trainer

DIGEST_BYTES = hashlib.sha256().digest_size
DAMAGE = (
    RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError,
    pickle.UnpicklingError,
)  # fmt: skip
"""Exceptions raised by a checkpoint that is damaged, or was written by another version."""


def save_checkpoint(
    member: Member, trainer: Trainer, epochs: list[EpochRow], commits: list[str]
) -> None:
    """Write the state of the training after an epoch; FkdError if the file cannot be written.

    The file has the sha256 of the state, and the state: torch would not notice a changed number.
    """
    # Through memory: a full disk is then an OSError, which torch would hide.
    content = io.BytesIO()
    about = {"epochs": epochs, "commits": commits} | _computed_by(trainer)
    torch.save({**trainer.state(), **about}, content)
    written = content.getvalue()
    # First the table: killed between the two, the training repeats an epoch, and its row.
    write_metrics(member, epochs)
    with atomic_path(member.state_file) as temporary, temporary.open("wb") as file:
        file.write(hashlib.sha256(written).digest())
        file.write(written)


def load_checkpoint(member: Member, trainer: Trainer) -> tuple[list[EpochRow], list[str]]:
    """Continue an interrupted training: its epochs so far, and the commits that trained them.

    Without a checkpoint there are no epochs, and at most the commit of this code. Raises RunError
    if the checkpoint is damaged or cannot be read.
    """
    commit = source_commit()
    commits = [commit] if commit else []
    if not member.state_file.exists():
        return [], commits
    content = read_stored(member.state_file)
    try:
        digest, stored = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(stored).digest() != digest:
            raise ValueError("its sha256 is not the one in the file")
        state: dict[str, Any] = torch.load(
            io.BytesIO(stored), map_location="cpu", weights_only=True
        )
        trainer.load_state(state)
        _warn_of_other_rounding(member, state, trainer)
        return state["epochs"], [*dict.fromkeys([*state["commits"], *commits])]
    except torch.OutOfMemoryError:  # the checkpoint is as it was written
        raise
    except DAMAGE as error:
        raise RunError(
            f"{member.state_file}: the checkpoint is damaged ({error})",
            "delete it; resuming the run then trains this member from the start",
        ) from error


def _computed_by(trainer: Trainer) -> dict[str, int]:
    """The numbers on which the order of sums depends, and with it how they are rounded."""
    return {"processes": trainer.group.size, "threads": torch.get_num_threads()}


def _warn_of_other_rounding(member: Member, state: dict[str, Any], trainer: Trainer) -> None:
    """Say that the weights will not be those of an uninterrupted training, if that is so."""
    device, numbers = trainer.device.type, _computed_by(trainer)
    if state["device"] != device:
        before, now, same = f"on {state['device']}", f"on {device}", "on the same device"
    elif state["processes"] != numbers["processes"]:
        before = count_of(state["processes"], "process", "processes")
        now = str(numbers["processes"])
        same = "with the same number of processes"
    elif device == "cpu" and state["threads"] != numbers["threads"]:
        before, now = count_of(state["threads"], "thread"), str(numbers["threads"])
        same = "with the same number of threads"
    else:
        return
    log.warning(
        "%s: %s so far, now %s: the weights will not equal those of an uninterrupted training "
        "-> for equal weights, resume %s",
        member.name, before, now, same,
    )  # fmt: skip

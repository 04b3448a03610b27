"""kernel: the training and prediction as a kernel for Kaggle's machines; with --yes, run there."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.config import TRAINING_SECTIONS, build_config
from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks import check_network_name
from kaggle_fkd.stages.options import SettingOptions, named_path, option
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task

USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
TITLE = re.compile(r"[A-Za-z0-9 -]+")
"""Titles of which it is clear what Kaggle makes of them in addresses."""
MIN_TITLE_LENGTH = 5
"""Characters that Kaggle wants of a title."""


@dataclass(frozen=True, kw_only=True)
class Kernel(SettingOptions, Stage):
    """A folder for `kaggle kernels push`: one script that carries the package, without internet,
    on two T4s. With --yes it is pushed and followed, and its submission fetched."""

    summary: ClassVar[str] = (
        "a kernel that trains and predicts on Kaggle; with --yes, runs it there"
    )
    sections: ClassVar[tuple[str, ...]] = (*TRAINING_SECTIONS, "predict")
    needs: ClassVar[tuple[str, ...]] = ("training", "kaggle")
    examples: ClassVar[tuple[str, ...]] = (
        "kernel --user NAME",
        "kernel --preset best --set train.epochs=50 --yes",
    )
    preset: str = option(
        "--preset", default="best", metavar="NAME", help="how much to train (default: best)"
    )
    user: str | None = option(
        "--user", metavar="NAME",
        help="your name on Kaggle, as in kaggle.com/NAME (default with --yes: that of your "
        "credentials, for which Kaggle is asked)",
    )  # fmt: skip
    title: str = option(
        "--title", default="kaggle-fkd", metavar="TEXT",
        help="the kernel's title; the same title is the next version of the same kernel "
        "(default: kaggle-fkd)",
    )  # fmt: skip
    output: Path | None = option(
        "--output", type=named_path, metavar="DIR",
        help="where the kernel's folder and what it makes are written (default: RUNS_DIR/kernel)",
    )  # fmt: skip
    yes: bool = option("--yes", default=False, action="store_true", help="really run it on Kaggle")

    def other_folders(self) -> tuple[Path, ...]:
        """The kernel's folder."""
        return (self.output,) if self.output else ()

    def check(self, task: "Task") -> None:
        """Reject settings that do not fit, what a kernel does not carry, short titles, no owner."""
        from kaggle_fkd.competition.kaggle.kernel import slug_of

        task.check_preset(self.preset)
        config = build_config(self.preset, self.overrides)
        check_network_name(config.train.model, task.networks)
        for name in ("start_from", "audit", "label_fixes"):
            if getattr(config.train, name):
                raise UsageError(
                    f"train.{name}: a kernel carries the package's code alone",
                    "leave it out, or choose a preset without it",
                )
        if not TITLE.fullmatch(self.title) or len(slug_of(self.title)) < MIN_TITLE_LENGTH:
            raise UsageError(
                f"--title {self.title}: not a title for Kaggle",
                f"use at least {MIN_TITLE_LENGTH} letters, digits, spaces and hyphens",
            )
        if self.user is not None and not USER.fullmatch(self.user):
            raise UsageError(f"--user {self.user}: not a name on Kaggle", "see kaggle.com/NAME")
        if self.user is None and not self.yes:
            raise UsageError(
                "the kernel's owner is unknown, and Kaggle is not asked without --yes",
                "give your name on Kaggle: --user NAME",
            )

    def run(self, task: "Task", made: Made) -> Made:
        """Write the folder; run the kernel only with --yes."""
        from kaggle_fkd.competition.kaggle.credentials import credentials_source
        from kaggle_fkd.competition.kaggle.kernel import MACHINE, SCRIPT, write_kernel
        from kaggle_fkd.competition.kaggle.run_kernel import run_kernel, user_name
        from kaggle_fkd.system.console import announce

        folder = self.output or self.runs_dir / "kernel"
        settings = [word for key, value in self.overrides for word in ("--set", f"{key}={value}")]
        arguments = ["--preset", self.preset, *settings]
        name = write_kernel(folder, self.user or user_name(), self.title, arguments)
        size = (folder / SCRIPT).stat().st_size / 1e6
        announce(
            f"folder:   {folder.resolve()} ({size:.1f} MB)",
            f"kernel:   {name}, private, without internet, on {MACHINE}",
            f"trains:   {' '.join(arguments)}",
            f"account:  {credentials_source() or 'no credentials found'}",
        )
        if not self.yes:
            announce("nothing was sent; add --yes to run it on Kaggle")
            return made
        submission = run_kernel(name, folder, folder / "output")
        return replace(made, document=str(submission.resolve()))

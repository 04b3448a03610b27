"""`LabelFiles`: what the settings of a training may say about wrong labels, as files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.reading import read_file


@dataclass(frozen=True)
class LabelFiles:
    """The files about wrong labels that a training uses."""

    audit: Path | None = None
    """The audit.csv of `train.audit`; None: no audit."""
    fixes: Path | None = None
    """The label fixes of `train.label_fixes`, a CSV file, or COCO keypoints if its name ends in
    .json; None: no fixes."""

    @classmethod
    def named_by(cls, config: TrainConfig) -> Self:
        """Those that the settings name."""
        return cls(
            Path(config.audit) if config.audit else None,
            Path(config.label_fixes) if config.label_fixes else None,
        )

    def named_in(self, config: TrainConfig) -> TrainConfig:
        """The settings, which name these files instead."""
        return replace(config, audit=str(self.audit or ""), label_fixes=str(self.fixes or ""))

    def in_folder(self, folder: Path) -> "LabelFiles":
        """The places of their copies in the folder of a run."""
        return LabelFiles(
            folder / "audit.csv" if self.audit else None,
            folder / f"label_fixes{self.fixes.suffix.lower()}" if self.fixes else None,
        )

    def copy_to(self, folder: Path) -> None:
        """Copy them to their places in the folder of a run.

        What they are named by may be changed later, by an evaluation or a person.
        """
        copies = self.in_folder(folder)
        for source, copy in ((self.audit, copies.audit), (self.fixes, copies.fixes)):
            if source is not None and copy is not None:
                with atomic_path(copy) as temporary:
                    temporary.write_bytes(read_file(source))

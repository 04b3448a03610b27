"""Finding faces as a task: a detector, trained on photographs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import torch

from kaggle_fkd.annotated.detection.data import DetectionData
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.evaluation import (
    CURVE_START,
    MIN_SIZE,
    scored_faces,
    write_detection,
)
from kaggle_fkd.annotated.detection.load import load_photographs
from kaggle_fkd.annotated.detection.report import detector_sections
from kaggle_fkd.config import Config
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.providers import usable_device
from kaggle_fkd.keypoints import EYES
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.photo.detection.detect import Detections, detect
from kaggle_fkd.report.section import Section
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import progress
from kaggle_fkd.task import Task

UNUSED = frozenset({
    *(f"train.{name}" for name in ("loss", "labels", "heads", "mirror_heads", "only_convention")),
    *(f"train.{name}" for name in ("audit", "suspect_policy", "label_fixes")),
    *(f"augment.{name}" for name in ("flip", "rotation", "scale", "shear", "perspective", "shift")),
})  # fmt: skip
"""Settings of keypoints and of the movements of chips; those of crops are in `DetectConfig`."""


class DetectionTask(Task):
    """Photographs with boxes of all faces, or with the 68 points of one."""

    scheme = EYES
    networks: ClassVar[Mapping[str, str]] = DETECTORS
    averages_runs: ClassVar[bool] = False
    presets = ("detector",)
    default_preset = "detector"
    is_sample = False
    sections = frozenset({"train", "augment", "detect"})
    unused: ClassVar[frozenset[str]] = UNUSED
    stages = frozenset({"train", "evaluate", "report"})
    predicts = "Boxes of faces and their eyes"

    def __init__(self, sets: Sequence[Path] = ()) -> None:
        """`sets` are the folders and zips to train on; see `load_photographs`."""
        self.sets = tuple(sets)

    @cached_property
    def photographs(self) -> PhotographDataset:
        """The photographs, decoded; raises NoDataError and DataError."""
        if not self.sets:
            raise NoDataError(
                "there are no photographs to train a face detector on",
                "name folders with a boxes.csv, or of pictures with .pts files",
            )
        photographs = load_photographs(self.sets)
        if not scored_faces(photographs).any():
            raise DataError(
                f"no face of the photographs has a size of {MIN_SIZE:.0f} pixels or more",
                "use photographs with larger faces: smaller ones do not count in an evaluation",
            )
        return photographs

    @cached_property
    def _data(self) -> DetectionData:
        return DetectionData(self.photographs)

    def fetch(self, may_use_sample: bool = False) -> None:
        """Check that the photographs can be read; nothing is downloaded."""
        _ = self.photographs

    def training_data(self, config: Config) -> DetectionData:
        """The photographs."""
        return self._data

    def evaluate(
        self, runs: Sequence[Run], config: Config, device: torch.device, folder: Path, coco: bool
    ) -> list[str]:
        """Faces found and false positives, out of fold, of the only run."""
        (run,), photographs = runs, self.photographs
        detections = [Detections.none() for _ in photographs.pictures]
        for member in run.members[: run.config.train.folds]:
            network = open_exported(run, member, OnnxDetector, usable_device(str(device)))
            held_out = self._data.held_out(member).nonzero()[0]
            for index in progress(held_out, f"searching with {member.name}"):
                detections[index] = detect(network, photographs.pictures[index], CURVE_START)
        summary = {**provenance(), "members": {run.name: len(run.members)}}
        return write_detection(folder, photographs, detections, summary)

    def report_sections(self, sources: ReportSources) -> list[Section]:
        """Training, faces found, missed faces and false positives."""
        return detector_sections(sources, self.photographs)

"""Keypoints of photographs as a task: iBUG's 68, or those of a custom scheme."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.annotated.download import UDACITY_URL, download_udacity, youtube68_in
from kaggle_fkd.annotated.load import find_pictures, load_annotated
from kaggle_fkd.annotated.report import photograph_sections
from kaggle_fkd.annotated.test_sets import (
    Scored,
    TestSets,
    find_test_sets,
    predict_test_set,
    write_test_scores,
)
from kaggle_fkd.config import ChipConfig, Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import NoDataError
from kaggle_fkd.evaluation.nme_report import write_nme
from kaggle_fkd.evaluation.out_of_fold import covered_by
from kaggle_fkd.keypoint_task import KeypointTask
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.report.section import Section
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log

HELD_OUT = "training pictures, held out"
"""What figures call the pictures of the training, each predicted by a member that held it out."""


class PhotographsTask(KeypointTask):
    """Annotated pictures, in folders or zips, cropped to aligned chips."""

    presets = ("photo",)
    default_preset = "photo"
    is_sample = False
    sections = frozenset({"train", "augment", "predict", "chips"})
    stages = frozenset({"download", "train", "evaluate", "report"})

    def __init__(
        self, data_dir: Path, sets: Sequence[Path] = (), scheme: KeypointScheme = IBUG68,
        url: str = UDACITY_URL, test_sets: Sequence[Path] = (),
    ) -> None:  # fmt: skip
        """`sets` are the folders and zips to train on; by default Udacity's frames in `data_dir`
        (downloaded from `url`), which are annotated with iBUG's 68 keypoints. `test_sets` are those
        that an evaluation scores, too."""
        self.scheme, self.url, self.test_paths = scheme, url, tuple(test_sets)
        self.frames = None if sets or scheme != IBUG68 else youtube68_in(data_dir)
        self.sets = tuple(sets) or ((self.frames,) if self.frames else ())
        self._faces: dict[ChipConfig, FaceDataset] = {}
        self._test_sets: TestSets | None = None

    def load_faces(self, config: Config) -> FaceDataset:
        """The chips of all annotated faces; `chips.size` is their size."""
        chips = config.chips
        if chips not in self._faces:
            self._require_sets()
            faces = load_annotated(self.sets, self.scheme, chips.size, chips.margin)
            self._faces[chips] = faces
        return self._faces[chips]

    def fetch(self, may_use_sample: bool = False) -> None:
        """Download Udacity's frames, unless they or other sets exist; there is no sample.

        Raises NoDataError or DataError if a set, downloaded or not, has no or wrong annotations.
        """
        self._require_sets()
        is_missing = self.frames is not None and not self.frames.exists()
        if self.frames and is_missing:
            download_udacity(self.frames, self.url)
        for path in self.sets:
            find_pictures(path, self.scheme)
        if not is_missing:
            log.info("already present, nothing to download")

    def write_report(
        self, folder: Path, predicted: NDArray[np.floating], faces: FaceDataset,
        summary: Mapping[str, Any],
    ) -> list[str]:  # fmt: skip
        """NME by region, error curve and worst faces."""
        return write_nme(folder, predicted, faces, summary)

    def report_sections(self, sources: ReportSources) -> list[Section]:
        """Training, NME, errors and worst faces."""
        return photograph_sections(sources, self.load_faces(sources.run.config))

    def evaluate(
        self, runs: Sequence[Run], config: Config, device: torch.device, folder: Path, coco: bool
    ) -> list[str]:
        """Out-of-fold scores, if every fold is held out by a member; scores on the test sets."""
        lines: list[str] = []
        sets: dict[str, Scored] = {}
        if all(run.cross_validated for run in runs):
            predicted, lines = self.report_out_of_fold(runs, config, device, folder, coco)
            faces = self.load_faces(config).inner()
            covered = covered_by(predicted, faces)
            sets[HELD_OUT] = Scored(predicted[covered], faces.keypoints[covered])
        for name, pictures in self.test_sets().items():
            sets[name] = predict_test_set(runs, name, pictures, device)
        return lines + (write_test_scores(folder, sets, self.scheme) if self.test_paths else [])

    def check_evaluation(self) -> None:
        """Read the annotations of the test sets."""
        self.test_sets()

    def test_sets(self) -> TestSets:
        """The test sets, which are read once; raises what `find_test_sets` raises."""
        if self._test_sets is None:
            self._test_sets = find_test_sets(self.test_paths, self.scheme)
        return self._test_sets

    def _require_sets(self) -> None:
        if not self.sets:
            raise NoDataError(
                f"there are no annotated pictures of the scheme {self.scheme.name} to train on",
                "name folders or zips of pictures with .pts files or COCO keypoints",
            )

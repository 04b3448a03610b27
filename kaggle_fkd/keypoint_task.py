"""`KeypointTask`: what the tasks have in common whose networks predict the keypoints of a face."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.system.text import count_of
from kaggle_fkd.task import Task

if TYPE_CHECKING:
    import torch

    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.training.keypoint_data import KeypointData


class KeypointTask(Task):
    """One kind of keypoints to learn, on faces of one size."""

    @abstractmethod
    def load_faces(self, config: Config) -> FaceDataset:
        """The faces to train on; raises NoDataError and DataError."""

    @abstractmethod
    def write_report(
        self, folder: Path, predicted: NDArray[np.floating], faces: FaceDataset,
        summary: Mapping[str, Any],
    ) -> list[str]:  # fmt: skip
        """Write the report of N x K x 3 out-of-fold predictions; its summary in a few lines."""

    @property
    def predicts(self) -> str:
        """The keypoints of a face, with their number."""
        return f"{count_of(len(self.scheme.names), 'keypoint')} of a face"

    def training_data(self, config: Config) -> "KeypointData":
        """The faces; raises what `load_faces` raises."""
        from kaggle_fkd.training.keypoint_data import KeypointData

        return KeypointData(self.load_faces(config))

    def evaluate(
        self, runs: Sequence["Run"], config: Config, device: "torch.device", folder: Path,
        coco: bool,
    ) -> list[str]:  # fmt: skip
        """The report of the runs' out-of-fold predictions, averaged."""
        return self.report_out_of_fold(runs, config, device, folder, coco)[1]

    def report_out_of_fold(
        self, runs: Sequence["Run"], config: Config, device: "torch.device", folder: Path,
        coco: bool,
    ) -> tuple[NDArray[np.float32], list[str]]:  # fmt: skip
        """The runs' out-of-fold predictions, averaged, N x K x 3; and their report in lines."""
        from kaggle_fkd.evaluation.coco_pictures import write_pictures
        from kaggle_fkd.evaluation.evaluate import evaluate_runs
        from kaggle_fkd.evaluation.fix_effects import effect_lines
        from kaggle_fkd.evaluation.out_of_fold import covered_by

        faces = self.load_faces(config)
        evaluated = evaluate_runs(runs, faces, device, config.predict)
        predicted, seen = evaluated.predicted, faces.inner()
        lines = self.write_report(folder, predicted, seen, evaluated.summary)
        for name, effect in evaluated.summary["label_fixes"].items():
            lines += effect_lines(name, effect)
        if coco:
            covered = covered_by(predicted, seen)
            write_pictures(folder / "faces", predicted[covered], seen[covered])
        return predicted, lines

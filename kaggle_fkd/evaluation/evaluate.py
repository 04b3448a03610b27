"""Evaluating runs: the mean of their out-of-fold predictions, and a summary of their origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.fix_effects import effect_of_fixes
from kaggle_fkd.evaluation.out_of_fold import oof_rmse, out_of_fold
from kaggle_fkd.prediction.ensemble import fit_ensemble_weights, weighted_mean, weights_by_run
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.runs.run import Run


@dataclass(frozen=True)
class Evaluated:
    """Out-of-fold predictions of runs."""

    predicted: NDArray[np.float32]
    """N x K x 3 pixels, x, y and expected error of each keypoint: the weighted mean of the runs'
    out-of-fold predictions."""
    summary: dict[str, Any]
    """Provenance, members, weights, the RMSE of each run and the effect of its label fixes, for
    evaluation.json."""


def evaluate_runs(
    runs: Sequence[Run], faces: FaceDataset, device: torch.device, config: PredictConfig
) -> Evaluated:
    """The out-of-fold predictions of runs that were trained on these faces, averaged.

    The weights of several runs are fitted to the same labels that they are scored on; the summary
    records this.
    """
    names = [run.name for run in runs]
    predictions = [out_of_fold(run, faces, device, config) for run in runs]
    seen = faces.inner()
    weights = fit_ensemble_weights(predictions, seen)
    once = config.without_tta()
    summary = {
        **provenance(),
        "members": {run.name: len(run.members) for run in runs},
        "weights": weights_by_run(weights, names, seen.scheme),
        "weights_fitted_to_these_labels": len(runs) > 1,
        "rmse_of_each": {
            name: oof_rmse(each, seen) for name, each in zip(names, predictions, strict=True)
        },
        "rmse_without_tta": {
            run.name: oof_rmse(out_of_fold(run, faces, device, once), seen) for run in runs
        },
        "label_fixes": {
            run.name: effect_of_fixes(run, each, faces, device, config)
            for run, each in zip(runs, predictions, strict=True)
            if run.label_files.fixes is not None
        },
    }
    return Evaluated(weighted_mean(predictions, weights, seen.convention), summary)

"""What label fixes changed: the labels, and the out-of-fold errors of a run that learnt them."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.out_of_fold import oof_rmse, out_of_fold
from kaggle_fkd.evaluation.scores import SEED, change_interval
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.corrected_labels import fixes_in
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, apply_fixes, decisions


def effect_of_fixes(
    run: Run,
    predicted: NDArray[np.floating],
    faces: FaceDataset,
    device: torch.device,
    config: PredictConfig,
) -> dict[str, Any]:
    """What the label fixes of a run changed, given its N x K x 3 out-of-fold predictions.

    `labels` has, for all labels and for those that were kept, dropped, moved and added, their
    number and their RMSE in pixels, as published and as fixed; None where there is no such label.
    `compared` is what `_compare` gives, with a run of the same settings without fixes; None if
    there is no such run.
    """
    fixes = fixes_in(run.label_files.fixes, faces)
    published, fixed = faces.inner(), apply_fixes(faces, fixes).inner()
    decided, known = decisions(faces, fixes), published.labelled
    chosen = {
        "all": known | fixed.labelled,
        "kept": known & (decided == KEEP),
        "dropped": known & (decided == DROP),
        "moved": known & (decided == MOVE),
        "added": ~known & (decided == MOVE),
    }
    labels = {
        name: {
            "labels": int(which.sum()),
            "rmse_as_published": _rmse_of(which, predicted, published),
            "rmse_as_fixed": _rmse_of(which, predicted, fixed),
        }
        for name, which in chosen.items()
    }
    compared = None
    if (other := _run_without_fixes(run, faces)) is not None:
        before = out_of_fold(other, faces, device, config)
        unchanged = np.asarray(np.isin(decided, ["", KEEP]).all(axis=1))
        compared = {
            "run": other.name,
            "all_faces": _compare(predicted, before, published),
            "unchanged_faces": _compare(
                predicted[unchanged], before[unchanged], published[unchanged]
            ),
        }
    return {"labels": labels, "compared": compared}


def effect_lines(name: str, effect: Mapping[str, Any]) -> list[str]:
    """The effect of the label fixes of the run of that name, in a few lines."""
    labels, compared = effect["labels"], effect["compared"]
    counts = [f"{labels[kind]['labels']} {kind}" for kind in ("kept", "dropped", "moved", "added")]
    lines = [f"label fixes of {name}: {', '.join(counts)}; the scores above ignore them"]
    for kind, what in (("moved", "the moved"), ("dropped", "the dropped"), ("all", "all")):
        scores = {state: labels[kind][f"rmse_as_{state}"] for state in ("published", "fixed")}
        known = [
            f"{value:.3f} px as {state}" for state, value in scores.items() if value is not None
        ]
        if known:
            lines.append(f"RMSE of {what} labels: {', '.join(known)}")
    if compared is None:
        return [*lines, "to compare, evaluate the same settings without train.label_fixes first"]
    for part, which in (("all_faces", ""), ("unchanged_faces", " whose labels are unchanged")):
        change = compared[part]
        if change["change"] is not None:
            lines.append(
                f"compared with {compared['run']}, which has no fixes, on "
                f"{count_of(change['faces'], 'face')}{which}: RMSE {change['change']:+.3f} px "
                f"(95 % interval over faces {change['low']:+.3f} to {change['high']:+.3f})"
            )
    return [*lines, "another seed (train.seed) changes the RMSE, too, beside what fixes change"]


def _run_without_fixes(run: Run, faces: FaceDataset) -> Run | None:
    """The newest run beside it with the same settings, audit and members, but no label fixes."""
    train = replace(run.config.train, label_fixes="")
    config = replace(run.config, train=train)
    digest = KeypointData(faces).digest(train, replace(run.label_files, fixes=None))
    for other in runs_in(run.folder.parent):
        same_members = other.cross_validated and len(other.members) == len(run.members)
        if same_members and other.matches(config, digest):
            return other
    return None


def _compare(
    predicted: NDArray[np.floating], before: NDArray[np.floating], faces: FaceDataset
) -> dict[str, Any]:
    """The RMSE in pixels minus that of `before`, both N x K x 3, on the labels of these faces.

    With the paired 95 % interval of the difference, from `low` to `high`, and the number of faces.
    """
    change = oof_rmse(predicted, faces) - oof_rmse(before, faces)
    low, high = change_interval(predicted[..., :2], before[..., :2], faces, SEED)
    numbers = {"change": change, "low": low, "high": high}
    return {"faces": len(faces), **{name: _or_none(value) for name, value in numbers.items()}}


def _rmse_of(
    which: NDArray[np.bool_], predicted: NDArray[np.floating], faces: FaceDataset
) -> float | None:
    """The RMSE in pixels of the labels that `which`, N x K, chooses; None if there are none."""
    chosen = np.where(which[:, :, None], faces.keypoints, np.nan)
    return _or_none(oof_rmse(predicted, replace(faces, keypoints=chosen)))


def _or_none(value: float) -> float | None:
    """The number as JSON has it: NaN is null."""
    return None if math.isnan(value) else float(value)

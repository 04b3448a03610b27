"""The scores of runs on annotated pictures that they were not trained on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from kaggle_fkd.evaluation.nme_report import error_curve
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.metrics import error_scores, nme
from kaggle_fkd.photo.annotations.load import find_pictures
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import progress
from kaggle_fkd.system.files import write_text


def errors_on(
    runs: Sequence[Run], path: Path, scheme: KeypointScheme, device: torch.device
) -> NDArray[np.float64]:
    """The NME of each annotated picture of a folder or zip; in Udacity's layout, of its test part.

    Each face is predicted in its box, the tight box of its true keypoints, expanded on each side by
    10 % of its width and height, as is customary, by the head of its label convention. The
    predictions of several runs are averaged.
    """
    pictures = find_pictures(path, scheme, "test")
    finders = {
        convention: [FaceKeypoints(run=run, convention=convention, device=device) for run in runs]
        for convention in {picture.convention for picture in pictures}
    }
    predicted, truth = [], []
    for picture in progress(pictures, f"testing on {path.name}"):
        loaded, box = picture.load(), box_of_keypoints(picture.keypoints)
        every = [
            finder.detect(loaded, boxes=box[None])[0].keypoints
            for finder in finders[picture.convention]
        ]
        predicted.append(np.mean(every, axis=0))
        truth.append(picture.keypoints)
    errors = nme(np.stack(predicted), np.stack(truth), scheme)
    return np.asarray(errors.mean(axis=1), np.float64)


def write_test_scores(folder: Path, errors: Mapping[str, NDArray[np.floating]]) -> list[str]:
    """Write a table and cumulative error curves of named sets, given their errors; in lines."""
    table = pd.DataFrame(
        [{"set": name, "faces": len(each), **error_scores(each)} for name, each in errors.items()]
    )
    write_text(folder / "test_nme.csv", table.to_csv(index=False, float_format="%.5f"))
    save_figure(error_curve(errors, "Cumulative error curves"), folder / "test_error_curve.png")
    return [
        f"{name}: NME {100 * each.mean():.2f} % of {len(each)} faces"
        for name, each in errors.items()
    ]

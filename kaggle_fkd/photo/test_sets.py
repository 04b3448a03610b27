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
from kaggle_fkd.photo.annotations.picture import AnnotatedPicture
from kaggle_fkd.photo.chip_networks import usable_conventions
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import write_text

TestSets = Mapping[str, Sequence[AnnotatedPicture]]
"""Annotated pictures by the name of their set."""


def find_test_sets(paths: Sequence[Path], scheme: KeypointScheme) -> TestSets:
    """The pictures of folders and zips; in Udacity's layout, those of the test part.

    Sets are called by the last part of their path; by the whole path, if that is not unique.
    Raises NoDataError for a path without annotated pictures, DataError for a wrong annotation.
    """
    last = [path.name for path in paths]
    names = [path.name if last.count(path.name) == 1 else str(path) for path in paths]
    found = (find_pictures(path, scheme, "test") for path in paths)
    return dict(zip(names, found, strict=True))


def errors_on(
    runs: Sequence[Run], name: str, pictures: Sequence[AnnotatedPicture], scheme: KeypointScheme,
    device: torch.device,
) -> NDArray[np.float64]:  # fmt: skip
    """The NME of each picture of the test set of that name, predicted in its box.

    It is predicted by the head of its label convention, if the run was trained on it.
    """
    finders = {
        convention: [_finder(run, convention, name, device) for run in runs]
        for convention in sorted({picture.convention for picture in pictures})
    }
    predicted = predict_in_boxes(finders, pictures, f"testing on {name}")
    truth = np.stack([picture.keypoints for picture in pictures])
    return np.asarray(nme(predicted[..., :2], truth, scheme).mean(axis=1), np.float64)


def predict_in_boxes(
    finders: Mapping[str, Sequence[FaceKeypoints]], pictures: Sequence[AnnotatedPicture], title: str
) -> NDArray[np.float64]:
    """N x K x 3, keypoints and expected errors of N annotated faces, in pixels of their pictures.

    Each is predicted in its box, the tight box of its true keypoints, expanded on each side by 10 %
    of its width and height, as is customary: by those of the `finders` that have the name of its
    label convention, averaged. `title` is that of the progress bar.
    """
    predicted = []
    for picture in progress(pictures, title):
        loaded, box = picture.load(), box_of_keypoints(picture.keypoints)
        faces = [
            finder.detect(loaded, boxes=box[None])[0] for finder in finders[picture.convention]
        ]
        each = [np.column_stack([face.keypoints, face.errors]) for face in faces]
        predicted.append(np.mean(each, axis=0))
    return np.stack(predicted)


def _finder(run: Run, convention: str, name: str, device: torch.device) -> FaceKeypoints:
    """The networks of the run, for a label convention that the test set of that name has."""
    known = usable_conventions(run)
    if convention in known or convention not in [each.name for each in run.scheme.conventions]:
        wanted = convention if convention in known else None
        return FaceKeypoints(run=run, convention=wanted, device=device)
    log.warning(
        "%s: not trained on the label convention %s of %s; scored with the keypoints of %s",
        run.name, convention, name, known[0],
    )  # fmt: skip
    return FaceKeypoints(run=run, device=device)


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

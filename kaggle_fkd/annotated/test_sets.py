"""The scores of runs on annotated pictures that they were not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from kaggle_fkd.annotated.load import find_labelled_by_people
from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.evaluation.nme_report import error_curve
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.inference.providers import usable_device
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.metrics import covered, error_scores, nme
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import write_table

TestSets = Mapping[str, Sequence[AnnotatedPicture]]
"""Annotated pictures by the name of their set."""


def find_test_sets(paths: Sequence[Path], scheme: KeypointScheme) -> TestSets:
    """The pictures of folders and zips; in Udacity's layout, those of the test part.

    Sets are named after the last part of their path, or after the whole path if that is not unique.
    Faces that a network labelled are left out. Raises NoDataError for a path without other ones,
    DataError for a wrong annotation.
    """
    last = [path.resolve().name for path in paths]
    names = [
        name if last.count(name) == 1 else str(path) for name, path in zip(last, paths, strict=True)
    ]
    return {
        name: find_labelled_by_people(path, scheme, "test")
        for name, path in zip(names, paths, strict=True)
    }


@dataclass(frozen=True)
class Scored:
    """Predictions of the faces of a set."""

    predicted: NDArray[np.floating]
    """N x K x 3, keypoints and expected errors in pixels."""
    truth: NDArray[np.floating]
    """N x K x 2 pixels."""


def predict_test_set(
    runs: Sequence[Run], name: str, pictures: Sequence[AnnotatedPicture], device: torch.device
) -> Scored:
    """The faces of the test set of that name, each predicted in its box.

    It is predicted by the head of its label convention, if the run was trained on it.
    """
    finders = {
        convention: [_finder(run, convention, name, usable_device(str(device))) for run in runs]
        for convention in sorted({picture.convention for picture in pictures})
    }
    predicted = predict_in_boxes(finders, pictures, f"testing on {name}")
    return Scored(predicted, np.stack([picture.keypoints for picture in pictures]))


def predict_in_boxes(
    finders: Mapping[str, Sequence[FaceKeypoints]], pictures: Sequence[AnnotatedPicture], title: str
) -> NDArray[np.float64]:
    """N x K x 3, keypoints and expected errors of N annotated faces, in pixels of their pictures.

    Each is predicted in its box, the tight box of its true keypoints, expanded on each side by 10 %
    of its width and height, as is customary: by the `finders` of its label convention, averaged.
    `title` is that of the progress bar.
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


def _finder(run: Run, convention: str, name: str, device: str) -> FaceKeypoints:
    """The networks of the run, for a label convention that the test set of that name has."""
    finder = FaceKeypoints(run=run, device=device)
    known = finder.networks.conventions
    if convention in known[1:]:  # the first is the default
        return FaceKeypoints(run=run, convention=convention, device=device)
    if convention not in known and convention in [each.name for each in run.scheme.conventions]:
        log.warning(
            "%s: not trained on the label convention %s of %s; scored with the keypoints of %s",
            run.name, convention, name, known[0],
        )  # fmt: skip
    return finder


def write_test_scores(
    folder: Path, sets: Mapping[str, Scored], scheme: KeypointScheme
) -> list[str]:
    """Write a table and cumulative error curves of named sets; the NME of each in a line."""
    errors = {
        name: nme(each.predicted[..., :2], each.truth, scheme).mean(axis=1)
        for name, each in sets.items()
    }
    table = pd.DataFrame(
        [
            {"set": name, "faces": len(errors[name]), **error_scores(errors[name]),
             "within_twice_the_expected_error": covered(each.predicted, each.truth)}
            for name, each in sets.items()
        ]
    )  # fmt: skip
    write_table(folder / "test_nme.csv", table, "%.5f")
    save_figure(error_curve(errors, "Cumulative error curves"), folder / "test_error_curve.png")
    return [
        f"{name}: NME {100 * each.mean():.2f} % of {len(each)} faces"
        for name, each in errors.items()
    ]

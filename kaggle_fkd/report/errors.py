"""The errors in a report: where they are, whether they were expected, and the worst faces."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.evaluation.error_map import CLIPPED_PX, error_map
from kaggle_fkd.evaluation.expected_errors import expected_error_figure
from kaggle_fkd.evaluation.worst_faces import rmse_by_face, worst_first
from kaggle_fkd.figures.gallery import GALLERY_FACES
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Block, Section
from kaggle_fkd.report.sources import Evaluation

EXPECTED = ("keypoints", "labels", "expected", "measured", "within", "rank_correlation")
"""The columns of expected_errors.csv."""


def error_section(evaluation: Evaluation) -> Section:
    """Error maps, and expected beside measured errors, of the out-of-fold predictions."""
    return Section("errors", "Errors", (_map(evaluation), *_expected(evaluation)))


def worst_section(evaluation: Evaluation) -> Section:
    """The faces with the largest errors."""
    return Section("worst-faces", "Worst faces", (_worst(evaluation),))


def _map(evaluation: Evaluation) -> Block:
    return plot(
        "error-map", error_map(evaluation.predicted, evaluation.faces),
        "Map of the out-of-fold errors over the mean face",
        f"Errors beyond {CLIPPED_PX:g} pixels, which are mostly wrong labels, are drawn as if they "
        "were that large.",
    )  # fmt: skip


def _expected(evaluation: Evaluation) -> list[Block]:
    """The comparison of expected and measured errors; nothing where too few labels are known."""
    table = evaluation.table("expected_errors.csv", EXPECTED)
    if table is None:
        return []
    return [
        plot(
            "expected-errors", expected_error_figure(table),
            "Mean measured error over mean expected error, in ten bins of keypoints",
            "Each network predicts how far off it expects to be. The level is calibrated on the "
            "same faces, the order within a part of the face is not.",
        )
    ]  # fmt: skip


def _worst(evaluation: Evaluation) -> Block:
    errors = rmse_by_face(evaluation.predicted, evaluation.faces)
    worst = worst_first(errors)[:GALLERY_FACES]
    faces = evaluation.faces[worst]
    predicted = faces.where_labelled(evaluation.predicted[worst])
    expected = _mean_by_face(predicted[..., 2])
    distance = _mean_by_face(np.linalg.norm(predicted[..., :2] - faces.keypoints, axis=2))
    return face_gallery(
        faces,
        [f"row {row}" for row in faces.ids],
        [
            f"off by {each:.1f} px, expected {by_network:.1f} px"
            for each, by_network in zip(distance, expected, strict=True)
        ],
        "The faces with the largest RMSE, out of fold, with the mean distance of their points, and "
        "what the network expected. A long line is one wrong point; lines that cross are swapped "
        "sides; many parallel ones are another face, or none.",
        predicted,
    )


def _mean_by_face(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """N, the mean of N x K values without NaN; NaN for a face without any."""
    return np.asarray(np.ma.masked_invalid(values).mean(axis=1).filled(np.nan), np.float64)

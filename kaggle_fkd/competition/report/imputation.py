"""Imputation in a report: how well gaps are filled, and what that looks like."""

import numpy as np
import pandas as pd

from kaggle_fkd.competition.eda.imputation import METHOD_WORDS, draw_scores
from kaggle_fkd.competition.report.analysis import StoredAnalysis
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Block, Section, Text
from kaggle_fkd.system.text import count_of

SCORES = ("method", "keypoint", "hidden_values", "rmse")
"""The columns of imputation_scores.csv."""
MAX_FACES = 12
"""Faces that are shown."""


def imputation_section(analysis: StoredAnalysis, train: FaceDataset) -> Section:
    """What imputation does."""
    found = analysis.summary.get("imputation", {})
    scores = analysis.table("imputation_scores", SCORES)
    if scores is None or not found:
        too_few = Text("There are too few faces to score methods of imputation.")
        return Section("imputation", "Imputation", (too_few,))
    best, convention = found["best_method"], found["convention"]
    text = (
        f"Labels of convention {convention} were hidden and filled in again. The best method is "
        f"the {METHOD_WORDS[best]}, with an RMSE of {found['rmse'][best]:.2f} px; the mean of each "
        f"coordinate has {found['rmse']['mean']:.2f} px. Networks are trained without imputation "
        "unless train.labels says otherwise: missing labels do not count in the loss."
    )
    figure = plot(
        "imputation-scores", draw_scores(scores), "RMSE of the methods of imputation",
        "RMSE on labels that were hidden. The regression takes each coordinate in turn, from all "
        "the others of the face.",
    )  # fmt: skip
    columns = list(train.scheme.feature_names)
    imputed = analysis.table(f"imputed_{convention}", ["id", *columns])
    gallery = [] if imputed is None else _gallery(imputed, columns, train, best)
    return Section("imputation", "Imputation", (Text(text), figure, *gallery))


def _gallery(
    imputed: pd.DataFrame, columns: list[str], train: FaceDataset, method: str
) -> list[Block]:
    """The faces with the most gaps, and what was imputed; nothing if there are none."""
    faces = train[pd.Index(train.ids).get_indexer(pd.Index(imputed["id"]))]
    filled = imputed[columns].to_numpy(np.float32).reshape(faces.keypoints.shape)
    added = np.where(faces.labelled[..., None], np.nan, filled)
    gaps = np.isfinite(added).all(axis=2).sum(axis=1)
    most = np.argsort(-gaps, kind="stable")[: min(MAX_FACES, np.count_nonzero(gaps))]
    if not len(most):
        return []
    return [
        face_gallery(
            faces[most],
            [f"row {row}" for row in faces.ids[most]],
            [f"{count_of(gap, 'label')} imputed" for gap in gaps[most]],
            f"The faces with the most gaps, filled in by the {METHOD_WORDS[method]}.",
            added[most],
            predicted_name="imputed",
        )
    ]

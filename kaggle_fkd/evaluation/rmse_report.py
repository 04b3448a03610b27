"""The report of an evaluation in pixels: scores with intervals, worst faces, label audit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.evaluation.coco_pictures import write_pictures
from kaggle_fkd.evaluation.expected_errors import write_expected_errors
from kaggle_fkd.evaluation.oof_file import write_predictions
from kaggle_fkd.evaluation.out_of_fold import covered_by
from kaggle_fkd.evaluation.scores import score_figure, score_table
from kaggle_fkd.evaluation.worst_faces import audit_gallery, worst_faces
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.metrics import rmse_by_convention
from kaggle_fkd.system.files import write_json, write_table
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.suspects import apply_suspect_policy

COMPARABLE = (
    "Out-of-fold RMSE is measured on training faces, wrong labels included, and Kaggle's scores on "
    "its test faces. Out-of-fold figures rank methods on the same data; they do not predict a "
    "leaderboard score."
)


def write_rmse(
    folder: Path,
    predicted: NDArray[np.floating],
    faces: FaceDataset,
    summary: Mapping[str, Any],
    published: pd.DataFrame | None = None,
) -> list[str]:
    """Write the report of N x K x 3 out-of-fold predictions; return its summary in a few lines.

    `summary` is written into evaluation.json, beside the scores; `published` are scores of others
    (solution, private_rmse, public_rmse, the best first). Faces whose prediction is NaN are left
    out.
    """
    write_predictions(folder / "oof.csv", faces, predicted)
    covered = covered_by(predicted, faces)
    faces, predicted = faces[covered], predicted[covered]
    keypoints = predicted[..., :2]
    scores, suspects = score_table(keypoints, faces), audit(predicted, faces)
    overall = scores[scores["keypoint"] == "all"].set_index("convention")
    results = overall[["rmse", "low", "high"]].to_dict("index")
    trusted = rmse_by_convention(keypoints, apply_suspect_policy(suspects, faces, "drop"))
    suspected = int(suspects["suspected"].sum())
    write_table(folder / "scores.csv", scores, "%.4f")
    write_audit(folder / "audit.csv", suspects)
    rows = suspects.loc[suspects["suspected"], "row"]
    most_suspicious = pd.Index(faces.ids).get_indexer(pd.Index(rows))
    write_pictures(folder / "suspects", predicted[most_suspicious], faces[most_suspicious])
    record = {
        **summary,
        "oof_rmse": results,
        "suspected_faces": suspected,
        "oof_rmse_without_suspects": trusted,
        "comparable": COMPARABLE,
    }
    write_json(folder / "evaluation.json", record)
    title = f"Out-of-fold RMSE by keypoint: {results['all']['rmse']:.3f} px over all"
    save_figure(score_figure(scores, title), folder / "rmse_by_keypoint.png")
    save_figure(worst_faces(predicted, faces), folder / "worst_faces.png")
    save_figure(audit_gallery(predicted, faces, suspects), folder / "audit.png")
    lines = ["out-of-fold RMSE:"]
    for name, row in results.items():
        interval = f"{row['low']:.3f} to {row['high']:.3f}"
        lines.append(f"{name:>3}: {row['rmse']:.3f} px (95 % interval {interval})")
    lines.append(
        f"the labels of {count_of(suspected, 'face')} look wrong (audit.csv, audit.png, "
        f"suspects/); without them, the RMSE is {trusted['all']:.3f} px, which does not compare "
        "with that of another evaluation: each leaves out other labels"
    )
    lines += write_expected_errors(folder, predicted, faces)
    if len(runs := summary.get("members", {})) > 1:
        lines.append(f"the weights of the {len(runs)} runs were fitted to the labels scored here")
    if published is not None:
        write_table(folder / "published.csv", published)
        best, worst = published.iloc[0], published.iloc[-1]
        lines.append(
            f"published on Kaggle (private): {best['solution']} {best['private_rmse']}, "
            f"{worst['solution']} {worst['private_rmse']}"
        )
        lines.append(COMPARABLE)
    return lines

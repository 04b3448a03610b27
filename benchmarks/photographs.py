"""NME on photographs, of the faces that runs held out: each predicted in its box.

    python benchmarks/photographs.py --runs runs/RUN [RUN...] [--pretrained] [--mirror] \\
        --train-on data/youtube68 data/w300_train --out results/photo

Scores the networks of runs that were trained on the same faces and hold out the same ones. The
package's network first aligns each face, as in normal use; --pretrained scores that network, as
well, which is meaningful only if it was trained on the same faces and held out the same ones (the
seed and the folds decide). A box is the tight box of the face's true keypoints, expanded on each
side by 10 % of its width and height; photographs and video frames are predicted by the head of
their label convention. With --mirror, predictions are averaged with those of the mirror image.
Writes nme.csv, error_curve.csv and error_curve.png, the errors below which each share of the faces
is, and for each network and set expected_errors-*.csv and .png, in per cent of the distance between
the outer eye corners.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.held_out import held_out_pictures
from kaggle_fkd.annotated.test_sets import predict_in_boxes
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.expected_errors import expected_error_figure, expected_error_table
from kaggle_fkd.evaluation.nme_report import error_curve
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.metrics import error_scores, nme
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

SHARES = np.linspace(0.05, 1, 20).round(2)
"""The shares of the faces in error_curve.csv."""


def _compare_errors(
    folder: Path, title: str, predicted: NDArray[np.floating], truth: NDArray[np.floating]
) -> None:
    """Write the expected errors of N x 68 x 3 predictions beside the measured ones.

    Faces of all sizes are compared in per cent of the distance of their outer eye corners.
    """
    right, left = IBUG68.eye_corners
    unit = np.linalg.norm(truth[:, left] - truth[:, right], axis=1)[:, None, None] / 100
    count = len(truth)
    faces = FaceDataset(
        IBUG68, np.zeros((count, 1, 1), np.uint8), (truth / unit).astype(np.float32),
        np.zeros(count, np.int8), np.arange(count),
    )  # fmt: skip
    table = expected_error_table(predicted / unit, faces)
    write_text(
        folder / f"expected_errors-{title}.csv", table.to_csv(index=False, float_format="%.4f")
    )
    save_figure(expected_error_figure(table, "%"), folder / f"expected_errors-{title}.png")


def main() -> None:
    """Score every network on every set, write the table and the curves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, nargs="+", required=True)
    parser.add_argument("--pretrained", action="store_true")
    parser.add_argument("--mirror", action="store_true", help="average with the mirror image")
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("results/photo"))
    options = parser.parse_args()
    set_up(quiet=False)
    suffix = ", mirror=True" if options.mirror else ""
    networks: dict[str, Path | None] = {f"{path.name}{suffix}": path for path in options.runs}
    if options.pretrained:
        networks[f"pretrained{suffix}"] = None
    seen = held_out_pictures(options.runs, options.train_on)
    origin = np.array([str(picture.tree.path) for picture in seen])
    truth = np.stack([picture.keypoints for picture in seen])
    rows, curves = [], {}
    for name, path in networks.items():
        finders = {
            convention: [FaceKeypoints(run=path, convention=convention, mirror=options.mirror)]
            for convention in {picture.convention for picture in seen}
        }
        predicted = predict_in_boxes(finders, seen, name)
        errors = nme(predicted[..., :2], truth, IBUG68)
        for part in ["all", *dict.fromkeys(origin)]:
            chosen = (origin == part) | (part == "all")
            for region, k in {"all": range(68), **IBUG68.groups}.items():
                scores = error_scores(errors[chosen][:, list(k)].mean(axis=1))
                rows.append(
                    {"network": name, "set": part, "region": region, "faces": chosen.sum(),
                     **scores}
                )  # fmt: skip
            curves[f"{name}, {part}"] = errors[chosen].mean(axis=1)
            number = [*dict.fromkeys(origin)].index(part) + 1 if part != "all" else 0
            title = f"{name}-{number}-{Path(part).name}"
            _compare_errors(options.out, title, predicted[chosen], truth[chosen])
    table = pd.DataFrame(rows)
    write_text(options.out / "nme.csv", table.to_csv(index=False, float_format="%.5f"))
    quantiles = {name: np.quantile(errors, SHARES) for name, errors in curves.items()}
    curve = pd.DataFrame({"share": SHARES, **quantiles})
    write_text(options.out / "error_curve.csv", curve.to_csv(index=False, float_format="%.4g"))
    save_figure(
        error_curve(curves, "Faces held out, persons apart"), options.out / "error_curve.png"
    )
    print(table[table["region"] == "all"].to_string(index=False, float_format="%.4f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

"""What the scripts behind the results' figures compute."""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from support.made_up_faces import make_faces

from benchmarks import collect
from benchmarks.ablation import VARIANTS, summary
from benchmarks.audit import KINDS, plant, precision_table
from benchmarks.compare import compare
from benchmarks.residuals import residuals
from kaggle_fkd.imaging.warp import zoom


def test_runs_are_compared_on_what_all_predict_without_what_all_miss():
    faces = make_faces(40)
    faces.keypoints[::2, 4:] = np.nan
    faces.keypoints[[3, 5], 0] += 40  # wrong labels of faces that both predict
    good = faces.keypoints.copy()
    good[[3, 5], 0] -= 40
    good[np.isnan(good)] = 0
    off = good + 2
    off[5, 0] = faces.keypoints[5, 0]  # one of them is believed by the second
    off[30:] = np.nan
    table = compare({"good": good, "off": off}, faces)
    assert (table["faces"] == 30).all() and (table["wrong_faces"] == 1).all()
    labels = np.isfinite(faces.keypoints[:30]).sum()
    known = np.isfinite(faces.keypoints[np.r_[0:3, 4:30]]).sum()
    assert table["with_wrong_all"]["good"] == pytest.approx(np.sqrt(4 * 40**2 / labels))
    assert table["rmse_all"]["good"] == pytest.approx(np.sqrt(2 * 40**2 / known))
    assert table["rmse_all"]["off"] == pytest.approx(np.sqrt(4 * (known - 2) / known))


def test_labels_that_are_off_by_a_pixel_of_the_unscaled_picture_are_seen():
    """Enlarged twice, they are off by two."""
    rng = np.random.default_rng(0)
    faces = make_faces(40)
    sharp = rng.integers(0, 256, (40, 96, 96), np.uint8)
    blurred = np.arange(40) < 20
    enlarged = zoom(torch.from_numpy(sharp), 2).byte().numpy()
    images = np.where(blurred[:, None, None], enlarged, sharp)
    faces = replace(faces, images=images, convention=np.zeros(40, np.int8))
    predicted = faces.keypoints - np.where(blurred, 2, 1)[:, None, None] * [1, 0]
    predicted[0] += 30  # a wrong label, left out
    table = residuals(predicted, faces).set_index(["convention", "faces"]).loc["A"]
    assert table.loc["most blurred", ["mean_x", "mean_y"]].tolist() == pytest.approx([2, 0])
    assert table.loc["sharpest", "mean_x"] == pytest.approx(1)
    assert table.loc["all", "number"] == 39
    assert table.loc["all", "mean_x"] == pytest.approx((19 * 2 + 20) / 39)
    assert table[["within_x", "within_y", "spread_y"]].abs().max(axis=None) < 1e-4


def test_the_ablation_compares_fold_by_fold():
    full, other = VARIANTS[0].name, VARIANTS[1].name
    table = pd.DataFrame(
        [
            {"variant": name, "fold": fold, "seconds": 60, "rmse_A": 1, "rmse_B": 1, "rmse_all": r}
            for name, fold, r in [(full, 0, 1), (full, 1, 2), (other, 0, 1.1), (other, 1, 2.2)]
        ]
    )
    assert f"| {other} | 1.650 ± 0.778 | +10.0% ± 0.0% | 1.000 | 1.000 | 60 |" in summary(table)


def test_errors_are_planted_where_it_is_said_and_nowhere_else():
    faces = make_faces(40)
    spoilt, planted = plant(faces, 0.1, seed=0)
    assert planted.value_counts().to_dict() == dict.fromkeys(KINDS, 4)
    pictures = (spoilt.images != faces.images).any(axis=(1, 2))
    points = (spoilt.keypoints != faces.keypoints).any(axis=2).sum(axis=1)
    kind = np.array([planted.get(row) for row in faces.ids])
    assert (pictures == (kind == KINDS[0])).all()
    pairs = 2 * len(faces.scheme.flip_pairs)
    assert (points == np.select([kind == KINDS[1], kind == KINDS[2]], [pairs, 1])).all()


def test_precision_counts_the_planted_errors_on_top():
    planted = pd.Series(dict.fromkeys(range(10), KINDS[2]))
    rows = [*range(5), *range(50, 60), *range(5, 10), *range(60, 100)]  # by suspicion
    table = pd.DataFrame({"row": rows, "reason": KINDS[2], "suspected": np.arange(60) < 20})
    scores = precision_table(table, planted).set_index("k")
    assert scores["precision"][25] == 10 / 25 and scores["recall"][25] == 1
    assert (scores["precision"][10] == 0.5).all() and (scores["recall"][10] == 0.5).all()
    assert scores["precision"][20] == 0.5 and scores["right_reason"][20] == 1


def test_collecting_a_run_drops_what_an_earlier_one_left(crossed_run, tmp_path, monkeypatch):
    out = tmp_path / "results"
    out.mkdir()
    for name in ("member-07.json", "evaluation.json", "submission.csv.gz", "NOTES.md"):
        (out / name).write_text("of an earlier run")
    monkeypatch.setattr(sys, "argv", ["collect.py", str(crossed_run.folder), str(out)])
    collect.main()
    members = {f"member-{number:02d}.{kind}" for number in range(3) for kind in ("json", "csv")}
    assert {path.name for path in out.iterdir()} == {"run.json", "NOTES.md", *members}
    record = (crossed_run.folder / "run.json").read_bytes()
    assert (out / "run.json").read_bytes() == record

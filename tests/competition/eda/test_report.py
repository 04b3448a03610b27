"""The analysis of the training faces as a complete report."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from support.made_up_faces import varied_faces

from kaggle_fkd.competition.eda.report import analyse, write_report
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import KAGGLE15

EVERY_CONVENTION_FILES = {"correlation_{}.csv", "correlation_{}.png", "gallery_{}.png"}
COMMON_FILES = {
    "images.csv", "images.png", "odd_images.png", "geometry.csv", "geometry.png",
    "convention_pairs.csv", "findings.md", "missing.csv", "missing.png",
    "label_patterns.csv", "label_patterns.png",
    "locations.csv", "locations.png", "mean_positions.csv", "histograms.png",
    "heat_maps.png", "repeats.csv", "repeats.png", "plausibility.csv", "plausibility.png",
    "summary.json",
}  # fmt: skip
IMPUTATION_FILES = {
    "imputation_scores.csv", "imputation_scores.png", "imputation_examples.png", "imputed_A.csv",
}  # fmt: skip

CONVENTION_FILES = {"conventions.png", "convention_differences.csv"}


def written(folder: Path, faces: FaceDataset, test: FaceDataset | None = None) -> dict[str, Any]:
    """The contents of summary.json after a report, whose figures and tables are not empty."""
    write_report(faces, folder, EdaConfig(gallery_faces=4), test)
    for picture in folder.glob("*.png"):
        assert imread(picture)[..., :3].std() > 0.01, picture.name
    for table in folder.glob("*.csv"):
        assert len(pd.read_csv(table).columns) > 1, table.name
    return json.loads((folder / "summary.json").read_text(), parse_constant=pytest.fail)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.slow
def test_the_report_of_eighty_faces_is_complete(tmp_path: Path):
    faces = varied_faces(40, 40)
    keypoints, images = faces.keypoints.copy(), faces.images.copy()
    keypoints[[3, 5], 7] = np.nan
    images[6], images[43] = images[2], images[4]
    faces = replace(faces, keypoints=keypoints, images=images)
    summary = written(tmp_path, faces)
    page = (tmp_path / "findings.md").read_text()
    both = {name.format(convention) for name in EVERY_CONVENTION_FILES for convention in "AB"}
    repeats = {"repeats_gallery.png"}
    assert names_in(tmp_path) == both | COMMON_FILES | IMPUTATION_FILES | repeats | CONVENTION_FILES
    assert summary["missing"]["A"] == {"faces": 40, "complete": 38, "missing_labels": 2}
    assert summary["repeats"]["rows_that_repeat_another"] == 2
    assert summary["conventions"]["images"] == 1
    assert all(f"- {sentence}\n" in page for sentence in summary["findings"])
    rmse = summary["imputation"]["rmse"]
    assert rmse[summary["imputation"]["best_method"]] == min(rmse.values())

    table = pd.read_csv(tmp_path / "imputed_A.csv", index_col="id")
    assert list(table) == list(KAGGLE15.feature_names)
    assert list(table.index) == list(faces.ids[:40])
    imputed = table.to_numpy().reshape(40, 15, 2)
    known = np.isfinite(keypoints[:40])
    np.testing.assert_allclose(imputed[known], keypoints[:40][known], atol=1e-4)
    assert np.isfinite(imputed).all()


@pytest.mark.slow
@pytest.mark.parametrize(("counts", "convention"), [((40, 0), "A"), ((0, 40), "B")])
def test_the_report_of_one_convention_without_gaps_or_repeats_says_so(
    tmp_path: Path, counts: tuple[int, int], convention: str
):
    summary = written(tmp_path, varied_faces(*counts))
    own = {name.format(convention) for name in EVERY_CONVENTION_FILES}
    imputation = IMPUTATION_FILES if convention == "A" else set()
    assert names_in(tmp_path) == own | COMMON_FILES | imputation
    assert summary["repeats"]["images"] == 0
    assert summary["missing"][convention]["complete"] == 40


def test_too_few_faces_are_counted_and_the_other_topics_are_skipped(tmp_path: Path):
    summary = written(tmp_path, varied_faces(3, 2), test=varied_faces(1))
    assert summary["images"]["convention_shares"]["test"] == {"A": 1, "B": 0}
    assert summary["missing"]["B"]["faces"] == 2
    assert summary["plausibility"] == summary["imputation"] == summary["geometry"] == {}


def test_a_topic_can_be_analysed_alone_and_an_unknown_one_is_refused():
    topic = analyse(varied_faces(12), "missing")
    assert topic.summary["A"]["faces"] == 12 and set(topic.figures) == {
        "missing", "label_patterns"
    }  # fmt: skip
    with pytest.raises(UsageError, match="did you mean locations"):
        analyse(varied_faces(12), "location")

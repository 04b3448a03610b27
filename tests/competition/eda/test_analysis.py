import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from support.made_up_faces import NAMES, varied_faces

from kaggle_fkd.competition.eda.locations import (
    correlations,
    location_statistics,
    mean_image,
    strongest_pair,
)
from kaggle_fkd.competition.eda.missing import label_patterns, missing_counts
from kaggle_fkd.competition.eda.plausibility import rank_by_plausibility
from kaggle_fkd.competition.eda.repeats import repeated_images
from kaggle_fkd.competition.eda.report import write_report
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.heat_maps import gaussian_heat_maps
from kaggle_fkd.keypoints import KAGGLE15

# An upright face in the scheme's order: eyes, brows, nose, mouth.
EVERY_CONVENTION_FILES = {
    "correlation_{}.csv", "correlation_{}.png", "gallery_{}.png",
}  # fmt: skip
COMMON_FILES = {
    "missing.csv", "missing.png", "label_patterns.csv", "label_patterns.png",
    "locations.csv", "locations.png", "heat_maps.png", "repeats.csv", "repeats.png",
    "plausibility.csv", "plausibility.png", "summary.json",
}  # fmt: skip
IMPUTATION_FILES = {
    "imputation_scores.csv", "imputation_scores.png", "imputation_examples.png", "imputed_A.csv",
}  # fmt: skip


def with_labels(
    faces: FaceDataset, face: int, points: list[int], labels: np.ndarray
) -> FaceDataset:
    """The same faces, but for these labels of one of them."""
    keypoints = faces.keypoints.copy()
    keypoints[face, points] = labels
    return replace(faces, keypoints=keypoints)


def test_missing_labels_are_counted_by_convention_and_keypoint():
    faces = varied_faces(6, 4)
    keypoints = faces.keypoints.copy()
    keypoints[[0, 2], 7] = np.nan
    keypoints[1, 7, 1] = np.nan
    keypoints[8, 14] = np.nan
    counts = missing_counts(replace(faces, keypoints=keypoints)).set_index(
        ["convention", "keypoint"]
    )
    brow = counts.loc[("A", NAMES[7])]
    assert (brow["missing_x"], brow["missing_y"], brow["missing"]) == (2, 3, 3)
    assert brow["share"] == pytest.approx(0.5)
    assert counts.loc[("B", NAMES[14]), "missing"] == 1
    assert counts.loc["A", "missing"].sum() == 3
    assert set(counts.loc["B"].query("not marked")["missing"]) == {4}


def test_patterns_tell_which_points_are_labelled_together():
    faces = varied_faces(10, 5)
    keypoints = faces.keypoints.copy()
    keypoints[:3, [6, 8]] = np.nan
    patterns = label_patterns(replace(faces, keypoints=keypoints))
    assert list(patterns["convention"]) == ["A", "A", "B"]
    assert list(patterns["faces"]) == [7, 3, 5]
    assert list(patterns["points"]) == [15, 13, 4]
    assert [name for name in NAMES if patterns.loc[1, name] == 0] == [NAMES[6], NAMES[8]]


def test_coordinates_that_move_together_correlate_fully():
    faces = varied_faces(40)
    keypoints = faces.keypoints.copy()
    keypoints[:, 4, 0] = 2 * keypoints[:, 2, 1] + 3
    keypoints[:, 9, 1] = 90 - keypoints[:, 2, 1]
    keypoints[:, 12] = np.nan
    matrix = correlations(replace(faces, keypoints=keypoints))
    assert matrix.shape == (30, 30)
    assert matrix.loc[f"{NAMES[4]}_x", f"{NAMES[2]}_y"] == pytest.approx(1, abs=1e-5)
    assert matrix.loc[f"{NAMES[9]}_y", f"{NAMES[2]}_y"] == pytest.approx(-1, abs=1e-5)
    assert matrix[f"{NAMES[12]}_x"].isna().all()
    first, second, value = strongest_pair(matrix)
    assert {first, second} <= {f"{NAMES[4]}_x", f"{NAMES[2]}_y", f"{NAMES[9]}_y"}
    assert abs(value) == pytest.approx(1, abs=1e-5)


def test_the_correlations_of_the_sparse_convention_are_those_of_its_own_points():
    matrix = correlations(varied_faces(0, 40))
    assert list(matrix) == [f"{NAMES[k]}_{axis}" for axis in "xy" for k in (0, 1, 10, 14)]
    assert matrix.notna().all(axis=None)


def test_location_statistics_are_over_the_known_labels_alone():
    faces = with_labels(varied_faces(40), 3, [10], np.array([np.nan, np.nan]))
    nose = location_statistics(faces).set_index("feature").loc[f"{NAMES[10]}_x"]
    known = np.delete(faces.keypoints[:, 10, 0].astype(float), 3)
    assert nose["labelled"] == 39
    assert nose[["mean", "min", "max"]].tolist() == pytest.approx(
        [known.mean(), known.min(), known.max()]
    )
    assert nose["std"] == pytest.approx(known.std(ddof=1))


def test_the_mean_image_is_the_mean_of_memory_mapped_images(tmp_path: Path):
    faces = varied_faces(7)
    np.save(tmp_path / "images.npy", faces.images)
    mapped = replace(faces, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    np.testing.assert_allclose(mean_image(mapped), faces.images.astype(float).mean(axis=0))


@given(x=st.floats(0, 63), y=st.floats(0, 47), sigma=st.floats(0.5, 8))
def test_a_heat_map_is_hottest_at_its_keypoint(x: float, y: float, sigma: float):
    (heat,) = gaussian_heat_maps(np.array([[x, y]]), 48, 64, sigma)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    # Half-way between two pixels either may be the hottest.
    assert abs(column - x) <= 0.51 and abs(row - y) <= 0.51
    assert heat.dtype == np.float32 and heat.min() >= 0 and heat.max() <= 1


def test_a_heat_map_falls_off_as_a_gaussian_and_is_zero_for_a_missing_point():
    present, absent = gaussian_heat_maps(np.array([[20.0, 30.0], [np.nan, 5.0]]), 96, 96, 3)
    assert present[30, 20] == 1
    assert present[30, 23] == pytest.approx(np.exp(-0.5))
    assert present[34, 23] == pytest.approx(np.exp(-25 / 18))
    assert not absent.any()


def test_repeated_images_are_found_with_how_far_their_labels_disagree():
    faces = varied_faces(6, 3)
    images, keypoints = faces.images.copy(), faces.keypoints.copy()
    images[4], keypoints[4] = images[1], keypoints[1]
    keypoints[4, 11] += (3, 4)
    images[8], keypoints[8] = images[7], keypoints[7]
    found = repeated_images(replace(faces, images=images, keypoints=keypoints))
    assert found["ids"].tolist() == ["101 104", "107 108"]
    assert found["conventions"].tolist() == ["2 A", "2 B"]
    assert found["points_compared"].tolist() == [15, 4]
    assert found["max_distance"].tolist() == pytest.approx([5, 0], abs=1e-4)
    assert found["worst_keypoint"][0] == NAMES[11]
    assert found["median_distance"][0] == pytest.approx(0, abs=1e-6)


def test_of_three_repeats_the_two_furthest_apart_are_named():
    faces = varied_faces(5)
    keypoints = np.repeat(faces.keypoints[:1], 5, axis=0)
    keypoints[1, 3] += (6, 0)
    keypoints[2, 3] -= (6, 0)
    images = faces.images.copy()
    images[:3] = images[0]
    (row,) = repeated_images(replace(faces, images=images, keypoints=keypoints)).itertuples()
    assert (row.faces, {row.id_1, row.id_2}) == (3, {101, 102})
    assert row.max_distance == pytest.approx(12, abs=1e-4)


def test_labels_of_different_conventions_are_never_compared():
    faces = varied_faces(3, 3)
    images = faces.images.copy()
    images[5] = images[0]
    (row,) = repeated_images(replace(faces, images=images)).itertuples()
    assert (row.conventions, row.points_compared) == ("1 A + 1 B", 0)
    assert np.isnan(row.max_distance)
    assert {row.id_1, row.id_2} == {100, 105}


@settings(max_examples=25)
@given(
    face=st.integers(0, 79), angle=st.floats(0, 6.28), choice=st.integers(0, 14),
    distance=st.floats(12, 30),
)  # fmt: skip
def test_a_displaced_label_ranks_first_and_is_named(
    face: int, angle: float, choice: int, distance: float
):
    faces = varied_faces(40, 40)
    marked = KAGGLE15.conventions[faces.convention[face]].keypoints
    point = marked[choice % len(marked)]
    moved = faces.keypoints[face, point] + distance * np.array([np.cos(angle), np.sin(angle)])
    worst = rank_by_plausibility(with_labels(faces, face, [point], moved)).iloc[0]
    assert (worst["id"], worst["worst_keypoint"]) == (100 + face, NAMES[point])
    assert worst["distance"] == pytest.approx(distance, abs=5)
    assert f"{NAMES[point]} off by" in worst["reason"]


@pytest.mark.parametrize(("face", "pair"), [(5, (0, 1)), (5, (2, 4)), (60, (0, 1))])
def test_swapped_labels_rank_first_and_are_called_swapped(face: int, pair: tuple[int, int]):
    faces = varied_faces(40, 40)
    left, right = pair
    swapped = faces.keypoints[face, [right, left]]
    worst = rank_by_plausibility(with_labels(faces, face, [left, right], swapped)).iloc[0]
    assert worst["id"] == 100 + face
    assert f"{NAMES[left]} and {NAMES[right]} swapped" in worst["reason"]


def test_a_face_labelled_from_the_wrong_side_and_one_upside_down_are_told_apart():
    faces = varied_faces(60)
    mirrored = faces.keypoints[4, list(KAGGLE15.flip_order)]
    upside_down = faces.keypoints[9] * (1, -1) + (0, 95)
    planted = with_labels(faces, 4, list(range(15)), mirrored)
    planted = with_labels(planted, 9, list(range(15)), upside_down)
    worst = rank_by_plausibility(planted).head(2).set_index("id")["reason"]
    assert "left and right swapped (6 pairs)" in worst[104]
    assert "eyes below mouth" in worst[109] and "swapped" not in worst[109]


def test_plausible_faces_give_no_reason_but_a_distance():
    ranking = rank_by_plausibility(varied_faces(200, 200))
    assert len(ranking) == 400
    assert not ranking["reason"].str.contains("swapped|below").any()
    assert ranking["score"].max() < 7


def test_a_face_with_gaps_is_judged_by_the_labels_it_has():
    faces = with_labels(varied_faces(60), 2, [0, 3, 7], np.full(2, np.nan))
    moved = faces.keypoints[2, 13] + (0, 15)
    ranking = rank_by_plausibility(with_labels(faces, 2, [13], moved))
    assert (ranking.loc[0, "id"], ranking.loc[0, "worst_keypoint"]) == (102, NAMES[13])
    assert ranking[["score", "distance"]].notna().all(axis=None)


def written(folder: Path, faces: FaceDataset) -> dict[str, object]:
    """What summary.json says after a report; its pictures are no blanks, its numbers are JSON."""
    write_report(faces, folder, EdaConfig(gallery_faces=4))
    for picture in folder.glob("*.png"):
        assert imread(picture)[..., :3].std() > 0.01, picture.name
    for table in folder.glob("*.csv"):
        assert len(pd.read_csv(table).columns) > 1, table.name
    return json.loads((folder / "summary.json").read_text(), parse_constant=pytest.fail)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_report_of_eighty_faces_is_whole(tmp_path: Path):
    faces = varied_faces(40, 40)
    keypoints, images = faces.keypoints.copy(), faces.images.copy()
    keypoints[[3, 5], 7] = np.nan
    images[6] = images[2]
    faces = replace(faces, keypoints=keypoints, images=images)
    summary = written(tmp_path, faces)
    both = {name.format(convention) for name in EVERY_CONVENTION_FILES for convention in "AB"}
    assert names_in(tmp_path) == both | COMMON_FILES | IMPUTATION_FILES | {"repeats_gallery.png"}
    assert summary["missing"]["A"] == {"faces": 40, "complete": 38, "missing_labels": 2}
    assert summary["repeats"]["rows_that_repeat_another"] == 1
    rmse = summary["imputation"]["rmse"]
    assert rmse[summary["imputation"]["best_method"]] == min(rmse.values())

    table = pd.read_csv(tmp_path / "imputed_A.csv", index_col="id")
    assert list(table) == list(KAGGLE15.feature_names)
    assert list(table.index) == list(faces.ids[:40])
    imputed = table.to_numpy().reshape(40, 15, 2)
    known = np.isfinite(keypoints[:40])
    np.testing.assert_allclose(imputed[known], keypoints[:40][known], atol=1e-4)
    assert np.isfinite(imputed).all()


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


def test_too_few_faces_are_counted_and_the_rest_is_skipped(tmp_path: Path):
    summary = written(tmp_path, varied_faces(3, 2))
    assert summary["missing"]["B"]["faces"] == 2
    assert summary["plausibility"] == summary["imputation"] == {}

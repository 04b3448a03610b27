"""The ranking of faces by how plausible their labels are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import NAMES, varied_faces, with_labels

from kaggle_fkd.competition.eda.plausibility import rank_by_plausibility
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.text import in_words


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
    assert f"{in_words(NAMES[point])} off by" in worst["reason"]


@pytest.mark.parametrize(("face", "pair"), [(5, (0, 1)), (5, (2, 4)), (60, (0, 1))])
def test_swapped_labels_rank_first_and_are_called_swapped(face: int, pair: tuple[int, int]):
    faces = varied_faces(40, 40)
    left, right = pair
    swapped = faces.keypoints[face, [right, left]]
    worst = rank_by_plausibility(with_labels(faces, face, [left, right], swapped)).iloc[0]
    assert worst["id"] == 100 + face
    assert f"{in_words(NAMES[left])} and {in_words(NAMES[right])} swapped" in worst["reason"]


def test_a_face_labelled_from_the_wrong_side_and_one_upside_down_are_told_apart():
    faces = varied_faces(60)
    mirrored = faces.keypoints[4, list(KAGGLE15.flip_order)]
    upside_down = faces.keypoints[9] * (1, -1) + (0, 95)
    planted = with_labels(faces, 4, list(range(15)), mirrored)
    planted = with_labels(planted, 9, list(range(15)), upside_down)
    worst = rank_by_plausibility(planted).head(2).set_index("id")["reason"]
    assert "left and right swapped (6 pairs)" in worst[104]
    assert "eyes below mouth" in worst[109] and "swapped" not in worst[109]


def test_plausible_faces_have_no_reason_other_than_a_distance():
    ranking = rank_by_plausibility(varied_faces(200, 200))
    assert len(ranking) == 400
    assert not ranking["reason"].str.contains("swapped|below").any()
    assert ranking["score"].max() < 7


def test_a_face_with_gaps_is_ranked_by_the_labels_it_has():
    faces = with_labels(varied_faces(60), 2, [0, 3, 7], np.full(2, np.nan))
    moved = faces.keypoints[2, 13] + (0, 15)
    ranking = rank_by_plausibility(with_labels(faces, 2, [13], moved))
    assert (ranking.loc[0, "id"], ranking.loc[0, "worst_keypoint"]) == (102, NAMES[13])
    assert ranking[["score", "distance"]].notna().all(axis=None)

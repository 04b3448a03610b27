from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.made_up_faces import a_face_of_68, make_faces

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import (
    IBUG68,
    KAGGLE15,
)

A, B = 0, 1


@pytest.mark.parametrize("scheme", [KAGGLE15, IBUG68], ids=lambda scheme: scheme.name)
def test_a_scheme_is_complete(scheme):
    count = len(scheme.names)
    assert len(set(scheme.names)) == count
    assert sorted(k for members in scheme.groups.values() for k in members) == list(range(count))
    assert [scheme.flip_order[k] for k in scheme.flip_order] == list(range(count))
    for left, right in scheme.flip_pairs:
        assert ("left" in scheme.names[left]) == ("right" in scheme.names[right])
        assert scheme.group_by_keypoint[left] == scheme.group_by_keypoint[right]
    assert all(set(scheme.agreed) <= set(each.keypoints) for each in scheme.conventions)
    unpaired = set(range(count)) - {k for pair in scheme.flip_pairs for k in pair}
    assert not any("left" in scheme.names[k] or "right" in scheme.names[k] for k in unpaired)


def test_kaggles_mirror_pairs_differ_by_one_word():
    for left, right in KAGGLE15.flip_pairs:
        assert KAGGLE15.names[left].replace("left", "right") == KAGGLE15.names[right]


def test_ibugs_mirror_pairs_are_those_of_a_symmetrical_face():
    points = a_face_of_68()
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == 68
    np.testing.assert_array_equal(points[list(IBUG68.flip_order)] * (-1, 1), points)
    left, right = np.array(IBUG68.flip_pairs).T
    assert (points[left, 0] > 0).all() and (points[right, 0] < 0).all()


def test_ibugs_names_tell_the_part_and_the_side():
    named = {0: "jaw_0", 17: "right_brow_0", 26: "left_brow_4", 30: "nose_bridge_3",
             33: "nose_base_2", 42: "left_eye_0", 48: "outer_lip_0", 67: "inner_lip_7"}  # fmt: skip
    assert {index: IBUG68.names[index] for index in named} == named
    right, left = IBUG68.eye_corners
    points = a_face_of_68()
    eyes = points[list(IBUG68.groups["eyes"]), 0]
    assert (points[right, 0], points[left, 0]) == (eyes.min(), eyes.max())


def test_the_15_points_lie_where_kaggle_has_them_on_a_face():
    points = dict(zip(KAGGLE15.names, KAGGLE15.from_ibug68(a_face_of_68(), A), strict=True))
    assert points["left_eye_center"] == pytest.approx((24, -49 / 6))
    assert points["right_eye_center"] == pytest.approx((-24, -49 / 6))
    assert tuple(points["right_eye_inner_corner"]) == (-15, -7)
    assert tuple(points["left_eyebrow_outer_end"]) == (42, -20)
    assert tuple(points["nose_tip"]) == (0, 18)
    assert tuple(points["mouth_left_corner"]) == (19, 44)
    assert tuple(points["mouth_center_bottom_lip"]) == (0, 54)


def test_convention_b_differs_in_the_nose_and_the_bottom_lip_alone():
    a, b = (KAGGLE15.from_ibug68(a_face_of_68(), convention) for convention in (A, B))
    differ = {KAGGLE15.names[k] for k in np.flatnonzero((a != b).any(axis=1))}
    assert differ == {"nose_tip", "mouth_center_bottom_lip"}
    assert tuple(b[KAGGLE15.index("nose_tip")]) == (0, 29)
    assert tuple(b[KAGGLE15.index("mouth_center_bottom_lip")]) == pytest.approx((0, 44.75))


@given(hnp.arrays(float, (3, 68, 2), elements=st.floats(-500, 500)), st.sampled_from([A, B]))
def test_the_15_points_of_a_mirrored_face_are_the_mirrored_15_points(points, convention):
    def mirrored(keypoints, scheme):
        return keypoints[..., list(scheme.flip_order), :] * (-1, 1)

    np.testing.assert_allclose(
        KAGGLE15.from_ibug68(mirrored(points, IBUG68), convention),
        mirrored(KAGGLE15.from_ibug68(points, convention), KAGGLE15),
        atol=1e-9,
    )


def test_only_the_eye_centres_are_the_same_place_in_both_conventions():
    assert {KAGGLE15.names[k] for k in KAGGLE15.agreed} == {"left_eye_center", "right_eye_center"}


def test_the_feature_names_are_kaggles_columns():
    assert KAGGLE15.feature_names[:4] == (
        "left_eye_center_x", "left_eye_center_y", "right_eye_center_x", "right_eye_center_y",
    )  # fmt: skip
    assert KAGGLE15.feature_names[-1] == "mouth_center_bottom_lip_y"
    assert len(KAGGLE15.feature_names) == 30


@given(hnp.arrays(bool, (7, 15)))
def test_a_face_is_of_convention_a_if_and_only_if_it_has_a_keypoint_that_b_lacks(marked):
    only_in_a = [k for k in range(15) if k not in KAGGLE15.conventions[B].keypoints]
    expected = np.where(marked[:, only_in_a].any(axis=1), A, B)
    assert np.array_equal(KAGGLE15.conventions_from_marks(marked), expected)


@pytest.mark.parametrize("scheme", [KAGGLE15, IBUG68], ids=lambda scheme: scheme.name)
@given(seed=st.integers(0, 2**32 - 1))
def test_flipping_twice_is_identity(scheme, seed):
    faces = make_faces(3, seed, scheme)
    again = faces.flipped().flipped()
    assert np.array_equal(again.images, faces.images)
    np.testing.assert_allclose(again.keypoints, faces.keypoints, atol=1e-4)


def test_a_flip_mirrors_x_at_95_and_swaps_left_and_right():
    faces = make_faces(1)
    flipped = faces.flipped()
    left, right = KAGGLE15.index("mouth_left_corner"), KAGGLE15.index("mouth_right_corner")
    x, y = faces.keypoints[0, left]
    assert flipped.keypoints[0, right] == pytest.approx((95 - x, y))
    assert flipped.images[0, 10, 0] == faces.images[0, 10, 95]


def test_equal_images_and_only_they_are_in_a_repeat_group():
    faces = make_faces(4)
    images = faces.images.copy()
    images[3] = images[1]
    groups = FaceDataset(
        KAGGLE15, images, faces.keypoints, faces.convention, faces.ids
    ).repeat_groups()
    assert groups[3] == groups[1]
    assert len(set(groups)) == 3


def test_faces_of_one_subject_are_in_one_group_and_so_are_those_that_share_an_image_with_them():
    faces = make_faces(6)
    images = faces.images.copy()
    images[4] = images[1]
    faces = replace(faces, images=images, subject=np.array([7, 7, 2, 9, 5, 2]))
    groups = faces.repeat_groups()
    assert groups[0] == groups[1] == groups[4]
    assert groups[2] == groups[5]
    assert sorted(set(groups)) == [0, 1, 2]


def test_groups_of_subjects_have_the_same_numbers_whatever_the_pixels():
    """So the folds of chips of 48 pixels are those of chips of 96."""
    subject = np.array([3, 1, 3, 8, 1])
    for seed in range(5):
        images = np.random.default_rng(seed).integers(0, 256, (5, 96, 96), np.uint8)
        faces = replace(make_faces(5), images=images, subject=subject)
        assert faces.repeat_groups().tolist() == [0, 1, 0, 2, 1]


def test_picked_faces_keep_their_subject_and_a_mirrored_face_is_the_same_person():
    faces = replace(make_faces(3), subject=np.array([4, 5, 6]))
    assert faces[np.array([2, 0])].flipped().subject.tolist() == [6, 4]


def test_the_inner_face_has_the_same_pixels_under_its_keypoints():
    faces = replace(make_faces(2), margin=16)
    inner = faces.inner()
    assert inner.size == (64, 64)
    assert inner.margin == 0
    np.testing.assert_array_equal(inner.images, faces.images[:, 16:80, 16:80])
    np.testing.assert_allclose(inner.keypoints, faces.keypoints - 16)
    assert inner.inner() is inner


def test_cropping_and_mirroring_may_change_places():
    faces = replace(make_faces(2), margin=9)
    first, last = faces.flipped().inner(), faces.inner().flipped()
    np.testing.assert_array_equal(first.images, last.images)
    np.testing.assert_allclose(first.keypoints, last.keypoints, atol=1e-4)


def test_the_digest_sees_every_change():
    faces = make_faces()
    images, keypoints = faces.images.copy(), faces.keypoints.copy()
    images[2, 3, 4] ^= 1
    keypoints[1, 2, 0] += 0.01
    digests = {
        faces.digest(),
        faces[::-1].digest(),
        FaceDataset(KAGGLE15, images, faces.keypoints, faces.convention, faces.ids).digest(),
        FaceDataset(KAGGLE15, faces.images, keypoints, faces.convention, faces.ids).digest(),
        replace(faces, subject=np.arange(5)).digest(),
        replace(faces, subject=np.zeros(5, np.int64)).digest(),
        replace(faces, margin=1).digest(),
    }
    assert len(digests) == 7
    assert make_faces().digest() == faces.digest()


def test_faces_of_other_lengths_are_refused():
    faces = make_faces()
    with pytest.raises(ValueError, match="shapes do not agree"):
        FaceDataset(KAGGLE15, faces.images, faces.keypoints[:2], faces.convention, faces.ids)

"""Sets of faces: mirrored, cropped, grouped, told apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_up_faces import make_faces

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import IBUG68, KAGGLE15


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


def test_faces_of_other_lengths_are_rejected():
    faces = make_faces()
    with pytest.raises(ValueError, match="shapes do not agree"):
        FaceDataset(KAGGLE15, faces.images, faces.keypoints[:2], faces.convention, faces.ids)


def test_a_single_face_and_an_unknown_convention_are_refused():
    faces = make_faces(3)
    with pytest.raises(TypeError, match=r"faces\[1\]: use faces\[1:2\]"):
        faces[1]
    for unknown in ("A", 2, -1):
        with pytest.raises(ValueError, match=r"choose one of 0 \(A\), 1 \(B\)"):
            faces.in_convention(unknown)
    with pytest.raises(ValueError, match=r"weight has the shape \(2,\): 3 faces need \(3,\)"):
        replace(faces, weight=np.ones(2, np.float32))

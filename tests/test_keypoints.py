import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kaggle_fkd.faces import Faces
from kaggle_fkd.keypoints import KAGGLE15, SCHEMES

A, B = 0, 1


def make_faces(count: int = 5, seed: int = 0) -> Faces:
    rng = np.random.default_rng(seed)
    return Faces(
        KAGGLE15,
        rng.integers(0, 256, (count, 96, 96), dtype=np.uint8),
        rng.uniform(0, 95, (count, 15, 2)).astype(np.float32),
        np.zeros(count, np.int8),
        np.arange(count),
    )


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_a_scheme_is_complete(scheme):
    count = len(scheme.names)
    assert len(set(scheme.names)) == count
    assert sorted(k for members in scheme.groups.values() for k in members) == list(range(count))
    assert [scheme.flip_order[k] for k in scheme.flip_order] == list(range(count))
    for left, right in scheme.flip_pairs:
        assert scheme.names[left].replace("left", "right") == scheme.names[right]
        assert scheme.group_of[left] == scheme.group_of[right]
    assert set(scheme.agreed) <= set(scheme.shared)
    unpaired = set(range(count)) - {k for pair in scheme.flip_pairs for k in pair}
    assert not any("left" in scheme.names[k] or "right" in scheme.names[k] for k in unpaired)


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
    assert np.array_equal(KAGGLE15.conventions_of(marked), expected)


@given(st.integers(0, 2**32 - 1))
def test_flipping_twice_is_identity(seed):
    faces = make_faces(3, seed)
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
    groups = Faces(KAGGLE15, images, faces.keypoints, faces.convention, faces.ids).repeat_groups()
    assert groups[3] == groups[1]
    assert len(set(groups)) == 3


def test_the_digest_sees_every_change():
    faces = make_faces()
    images, keypoints = faces.images.copy(), faces.keypoints.copy()
    images[2, 3, 4] ^= 1
    keypoints[1, 2, 0] += 0.01
    digests = {
        faces.digest(),
        faces[::-1].digest(),
        Faces(KAGGLE15, images, faces.keypoints, faces.convention, faces.ids).digest(),
        Faces(KAGGLE15, faces.images, keypoints, faces.convention, faces.ids).digest(),
    }
    assert len(digests) == 4
    assert make_faces().digest() == faces.digest()


def test_faces_of_other_lengths_are_refused():
    faces = make_faces()
    with pytest.raises(ValueError, match="shapes do not agree"):
        Faces(KAGGLE15, faces.images, faces.keypoints[:2], faces.convention, faces.ids)

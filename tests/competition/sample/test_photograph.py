"""The sample faces are like Kaggle's, and their labels are where they should be."""

import numpy as np
import pytest
from scipy import ndimage

from kaggle_fkd.competition.sample.photograph import Portrait, portrait, sample_faces
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import KAGGLE15

A, B = 0, 1
(EYE_L, EYE_R, INNER_L, OUTER_L, INNER_R, OUTER_R) = KAGGLE15.groups["eyes"]
(NOSE,) = KAGGLE15.groups["nose"]
(LIP_L, LIP_R, LIP_TOP, LIP_BOTTOM) = KAGGLE15.groups["mouth"]
BROWS = list(KAGGLE15.groups["brows"])


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    return sample_faces(120, seed=1)


@pytest.fixture(scope="module")
def portraits() -> list[Portrait]:
    return [portrait(1, index) for index in range(60)]


def mean_patch(portraits: list[Portrait], convention: int, point: int) -> np.ndarray:
    """The mean picture around one keypoint of all portraits, 17 x 17, smoothed."""
    patches = []
    for face in portraits:
        x, y = face.labels[convention, point]
        rows, columns = np.mgrid[-8:9, -8:9]
        patch = ndimage.map_coordinates(face.image.astype(float), [rows + y, columns + x], order=1)
        patches.append((patch - patch.mean()) / patch.std())
    return ndimage.gaussian_filter(np.mean(patches, axis=0), 1.0)


def test_the_same_seed_draws_the_same_faces():
    assert sample_faces(5, seed=3).digest() == sample_faces(5, seed=3).digest()
    assert sample_faces(5, seed=3).digest() != sample_faces(5, seed=4).digest()


def test_a_longer_request_extends_a_shorter_one():
    assert sample_faces(9, seed=3)[:4].digest() == sample_faces(4, seed=3).digest()


def test_sample_faces_are_completely_labelled_in_convention_a(faces):
    assert faces.images.shape == (120, 96, 96)
    assert faces.labelled.all()
    assert (faces.convention == A).all()
    assert faces.ids.tolist() == list(range(120))


def test_no_two_faces_are_the_same_and_none_is_blank(faces):
    assert len(np.unique(faces.repeat_groups())) == len(faces)
    assert faces.images.std(axis=(1, 2)).min() > 8


def test_faces_fill_the_picture_as_kaggles_do(faces):
    left, right = faces.keypoints[:, EYE_L].mean(axis=0), faces.keypoints[:, EYE_R].mean(axis=0)
    np.testing.assert_allclose([*left, *right], [66, 37, 30, 37], atol=2)
    assert faces.keypoints.std(axis=0).min() > 1.5
    assert faces.keypoints.min() > -10
    assert faces.keypoints.max() < 106


def test_left_is_the_subjects_left(faces):
    for left, right in KAGGLE15.flip_pairs:
        assert (faces.keypoints[:, left, 0] > faces.keypoints[:, right, 0]).all()


def test_brows_eyes_nose_and_lips_follow_each_other_down_the_face(faces):
    points = faces.keypoints
    eyes = points[:, [EYE_L, EYE_R]].mean(axis=1)
    down = points[:, LIP_TOP] - eyes
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    heights = np.einsum("nkd,nd->nk", points - eyes[:, None], down)
    brows, lips = heights[:, BROWS].mean(axis=1), heights[:, [LIP_TOP, LIP_BOTTOM]]
    order = np.column_stack([brows, np.zeros(len(faces)), heights[:, NOSE], lips])
    assert (np.diff(order, axis=1) > 0).all()


def test_a_turned_head_moves_the_nose_and_narrows_the_far_eye(faces):
    points = faces.keypoints
    nose = points[:, NOSE, 0] - points[:, [EYE_L, EYE_R], 0].mean(axis=1)
    left = points[:, OUTER_L, 0] - points[:, INNER_L, 0]
    right = points[:, INNER_R, 0] - points[:, OUTER_R, 0]
    assert np.corrcoef(nose, left - right)[0, 1] < -0.8


@pytest.mark.parametrize("eye", [EYE_L, EYE_R])
def test_the_pupils_are_at_their_labels(portraits, eye):
    patch = mean_patch(portraits, A, eye)
    darkness = np.clip(np.quantile(patch, 0.1) - patch, 0, None)
    np.testing.assert_allclose(ndimage.center_of_mass(darkness), (8, 8), atol=1.5)


@pytest.mark.parametrize(("corner", "outwards"), [(LIP_L, 1), (LIP_R, -1)])
def test_the_mouth_ends_at_its_labels(portraits, corner, outwards):
    line = mean_patch(portraits, A, corner)[8, ::outwards]
    assert line[10:13].min() > line[8] + 0.3 > line[4:7].max() + 0.3


def test_the_nose_tip_is_lighter_than_the_base_of_the_nose(portraits):
    tip, base = mean_patch(portraits, A, NOSE)[8, 8], mean_patch(portraits, B, NOSE)[8, 8]
    assert tip > base + 0.5


def test_conventions_differ_as_kaggles_do(portraits):
    both = np.array([face.labels for face in portraits])
    assert np.isfinite(both[:, B]).all(axis=2).sum(axis=1).tolist() == [4] * len(both)
    np.testing.assert_array_equal(both[:, A, [EYE_L, EYE_R]], both[:, B, [EYE_L, EYE_R]])
    lower = (both[:, B] - both[:, A])[..., 1].mean(axis=0)
    assert 6 < lower[NOSE] < 8
    assert -7 < lower[LIP_BOTTOM] < -4.5

"""The network for keypoints, applied to faces once or twice."""

import numpy as np
import pytest
from skimage import data

from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.photo.cascade import PointsCascade
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps
from kaggle_fkd.photo.finder import FaceKeypoints


@pytest.fixture(scope="module")
def cascade():
    return PointsCascade()


@pytest.fixture(scope="module")
def astronaut():
    """The astronaut in grey, and her face, as a detector might give it: a bit off."""
    (face,) = FaceKeypoints().detect("astronaut")
    row = face_of_points(face.keypoints).astype(float)[None]
    row[:, [0, 3, 5]] += 18
    row[:, [1, 4, 6]] -= 12
    return grey_of(data.astronaut()), row, face.keypoints


def crop(cascade, faces):
    """The maps to the crops that the network sees first."""
    mean = face_of_points(cascade.networks.mean_shape)
    return upright_maps(faces, mean[CENTRE], float(mean[SIZE]))


def test_a_face_near_the_middle_of_its_crop_is_looked_at_once(cascade, astronaut):
    grey, faces, keypoints = astronaut
    near = faces - np.array([18, -12, 0, 18, -12, 18, -12])
    np.testing.assert_array_equal(cascade.align([grey], near), crop(cascade, near))
    predicted = cascade.predict([grey], near)
    assert np.linalg.norm(predicted[0, :, :2] - keypoints, axis=1).mean() < 1.5


def test_a_face_far_from_it_is_aligned_by_its_keypoints(cascade, astronaut):
    grey, faces, keypoints = astronaut
    maps = cascade.align([grey], faces)
    expected = similarity(keypoints, cascade.networks.mean_shape)
    np.testing.assert_allclose(maps[0], expected, atol=0.03 * abs(expected).max())
    predicted = cascade.predict([grey], faces)
    assert np.linalg.norm(predicted[0, :, :2] - keypoints, axis=1).mean() < 1.5


def test_a_face_of_which_the_network_is_unsure_stays_as_the_detector_found_it(cascade, astronaut):
    grey, faces, _ = astronaut
    noise = np.random.default_rng(0).integers(0, 256, grey.shape, dtype=np.uint8)
    both = np.repeat(faces, 2, axis=0)
    maps = cascade.align([noise, grey], both)
    np.testing.assert_array_equal(maps[0], crop(cascade, faces)[0])
    assert np.abs(maps[1] - crop(cascade, faces)[0]).max() > 1


def test_both_looks_count_unless_the_face_was_too_small_in_the_first(cascade, astronaut):
    grey, faces, _ = astronaut
    large = faces.copy()
    large[:, SIZE] *= 1.4  # so the crop shows the face smaller
    for each, share in ((faces, 0.5), (large, 0.0)):
        first, second = (
            cascade.networks.predict_chips(cascade.networks.cut([grey], maps), maps)
            for maps in (crop(cascade, each), cascade.align([grey], each))
        )
        assert np.linalg.norm((second - first)[0, :, :2], axis=1).mean() > 0.2
        expected = share * first + (1 - share) * second
        np.testing.assert_allclose(cascade.predict([grey], each), expected, atol=1e-4)

"""The search of a picture: in its own size, enlarged, reduced, and rotated."""

import cv2
import numpy as np
import pytest

from kaggle_fkd.imaging.picture import grey_of, read_picture
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.pretrained import DETECTOR
from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE, STRIDES
from kaggle_fkd.photo.detection.detect import (
    DOUBTFUL,
    ENLARGED_SIDE,
    MAX_ENLARGEMENT,
    OTHER_ROLLS,
    REDUCTION,
    SEARCHED_SIDE,
    classify,
    detect,
    probability,
    propose,
    resized,
    unrotated,
)
from kaggle_fkd.photo.detection.faces import rotated_faces
from kaggle_fkd.photo.detection.proposals import cut_chips


class Spot:
    """Instead of an `OnnxDetector`: it proposes the brightest pixel, as a face of `size` pixels.

    Its logit is 3, and 4 where several pictures are searched together.
    """

    def __init__(self, size):
        self.size, self.seen = size, []

    def search(self, images):
        self.seen.append(images.shape)
        found = np.zeros((len(images), 1, 8), np.float32)
        for image, row in zip(images, found[:, 0], strict=True):
            y, x = np.unravel_index(int(image.argmax()), image.shape)
            # Its right eye is to the left, its left eye to the right.
            row[:] = [3 + (len(images) > 1), x, y, self.size, x - 0.2 * self.size, y,
                      x + 0.2 * self.size, y]  # fmt: skip
        return found


class Looks(Spot):
    """The same, whose second stage gives the next of some logits at each look, and moves the face
    by a pixel of the chip to the right."""

    def __init__(self, *logits):
        super().__init__(size=8.0)
        self.logits, self.given = list(logits), []

    def refine(self, chips, logits):
        self.given.append(len(logits))
        assert set(logits.tolist()) == {3.0}  # of the first stage
        middle = (CHIP - 1) / 2
        x, across = middle + 1, 0.2 * CHIP_FACE
        row = [self.logits.pop(0), x, middle, CHIP_FACE, x - across, middle, x + across, middle]
        return np.array([row] * len(chips), np.float32)


def spot(height, width, x, y, side=1):
    picture = np.zeros((height, width), np.uint8)
    picture[y : y + side, x : x + side] = 255
    return picture


def test_a_small_face_is_found_where_it_is():
    network = Spot(size=8.0)
    logits, faces = propose(network, spot(120, 180, 33, 21))
    assert logits.tolist() == [3.0]  # 8 pixels are too few in the reduced picture
    np.testing.assert_allclose(faces[0], [33, 21, 8, 31.4, 21, 34.6, 21], atol=1e-4)
    for count, height, width in network.seen:
        assert height % STRIDES[-1] == width % STRIDES[-1] == 0 and count in (1, 2)


@pytest.mark.parametrize(
    ("logits", "mean"),
    [
        ([1, 4, -4, -4], 2.5),  # of the first look, the second, those at other rolls, again there
        ([1, -4, -4, -4], None),
        ([1, -4, 4, 4], 3.0),
        ([1, -4, 4, -4], None),
        ([4], 4.0),  # sure
        ([-4], None),  # no face
    ],
)
def test_a_doubtful_face_is_looked_at_again_and_its_score_is_that_of_the_mean_logit(logits, mean):
    network = Looks(*logits)
    found = detect(network, spot(120, 180, 33, 21), 0.7)
    assert network.given == [1, 1, len(OTHER_ROLLS), 1][: len(logits)] and not network.logits
    assert len(found.scores) == len(found.faces) == (mean is not None)
    if mean is not None:
        np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-mean))], rtol=1e-5)


def test_the_place_of_a_face_is_that_of_the_last_look():
    pixel = 8.0 / CHIP_FACE  # of the chip
    for logits, moved in (([4], 1), ([1, 4, -4, -4], 2)):
        found = detect(Looks(*logits), spot(120, 180, 33, 21), 0.7)
        np.testing.assert_allclose(found.faces[0, :3], [33 + moved * pixel, 21, 8], atol=1e-3)


def test_a_face_whose_roll_is_mistaken_is_found_at_its_own():
    network, grey = OnnxDetector(DETECTOR), grey_of(read_picture("astronaut"))
    face = detect(network, grey, 0.9).faces
    # Rotated by 90 degrees, its first look is sure (0.98) of it there.
    for mistake in range(105, 286, 15):
        mistaken = rotated_faces(face, mistake)
        first = network.refine(cut_chips(grey, mistaken)[0], np.zeros(1, np.float32))[:, 0]
        assert probability(first) < DOUBTFUL[1]
        logits, seen = classify(network, grey, np.zeros(1, np.float32), mistaken)
        assert probability(logits) > 0.98
        np.testing.assert_allclose(seen, face, atol=4)


def test_of_many_faces_only_doubtful_ones_are_looked_at_again_each_at_its_place():
    class Judge:
        """Logits by the first look, then by the second, for the faces it is given."""

        def __init__(self):
            self.given = []

        def refine(self, chips, logits):
            self.given.append(logits.tolist())
            looks = [[4, 1, -4, 0, 2], [4, -1, 2], [-9] * 2 * len(OTHER_ROLLS), [-9] * 2]
            seen = looks[len(self.given) - 1]
            middle, across = (CHIP - 1) / 2, 0.2 * CHIP_FACE
            place = [middle, middle, CHIP_FACE, middle - across, middle, middle + across, middle]
            return np.array([[logit, *place] for logit in seen], np.float32)

    places = np.array([[30.0 * (1 + each), 40, 20] for each in range(5)], np.float32)
    eyes = places[:, [0, 1, 0, 1]] + np.float32([-4, 0, 4, 0])
    faces = np.hstack([places, eyes]).astype(np.float32)
    proposed = np.array([0, -2, 2, 3, 4], np.float32)  # the second is unlikely
    before = proposed.copy(), faces.copy()
    network = Judge()
    logits, seen = classify(network, np.zeros((90, 200), np.uint8), proposed, faces)
    assert network.given == [[0, -2, 2, 3, 4], [-2, 3, 4], [3, 4] * len(OTHER_ROLLS), [3, 4]]
    np.testing.assert_allclose(logits, [4, 2.5, -4, -0.5, 2])
    np.testing.assert_allclose(seen, faces, atol=1e-3)
    np.testing.assert_array_equal(proposed, before[0])
    np.testing.assert_array_equal(faces, before[1])


def test_a_picture_beyond_the_limit_is_reduced_and_its_faces_are_not():
    network = Spot(size=8.0)
    height, width = SEARCHED_SIDE, 2 * SEARCHED_SIDE
    _, faces = propose(network, spot(height, width, 1000, 400, side=2))
    assert max(network.seen[0][1:]) <= SEARCHED_SIDE
    np.testing.assert_allclose(faces[0, :3], [1000.5, 400.5, 16], atol=0.6)


@pytest.mark.parametrize(
    ("shape", "searched"),
    [
        ((60, 79), (114, 150)), ((79, 60), (150, 114)), ((1, 149), (1, 150)), ((20, 30), (60, 90)),
        ((1, 1), (3, 3)), ((150, 20), (150, 20)), ((800, 3), (800, 3)), ((1600, 802), (800, 401)),
    ],
)  # fmt: skip
def test_small_pictures_are_searched_enlarged_and_large_ones_reduced(shape, searched):
    picture, scale = resized(np.full(shape, 77, np.uint8))
    assert picture.shape == searched and (picture == 77).all()
    assert scale == pytest.approx(max(searched) / max(shape))


@pytest.mark.parametrize(("height", "width"), [(60, 80), (90, 60), (20, 30), (1, 1)])
def test_a_small_picture_is_enlarged_and_its_faces_are_not(height, width):
    _, faces = propose(Spot(size=8.0), spot(height, width, width // 2, height // 3))
    scale = min(ENLARGED_SIDE / max(height, width), MAX_ENLARGEMENT)
    np.testing.assert_allclose(faces[0, :2], [width // 2, height // 3], atol=0.5)
    assert faces[0, 2] == pytest.approx(8 / scale)


def test_faces_of_six_to_eleven_pixels_are_found_in_thumbnails():
    grey, network = grey_of(read_picture("astronaut")), OnnxDetector(DETECTOR)
    found = 0
    for side in range(32, 61, 2):
        thumbnail = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
        faces = detect(network, thumbnail, 0.8).faces
        found += len(faces) == 1 and np.allclose(
            faces[0, :2], side * np.array([0.43, 0.25]), atol=1
        )
    assert found >= 14  # of 15


def test_a_large_face_is_also_found_in_the_rotated_pictures():
    _, faces = propose(Spot(size=40.0), spot(300, 420, 150, 90, side=REDUCTION))
    large = faces[faces[:, 2] > 100]
    middle = (REDUCTION - 1) / 2
    np.testing.assert_allclose(large[:, :2], [[150 + middle, 90 + middle]], atol=1e-3)
    assert large[0, 2] == pytest.approx(40 * REDUCTION)


@pytest.mark.parametrize("quarters", range(4))
def test_a_rotated_picture_is_rotated_back(quarters):
    picture = spot(7, 11, 8, 2)
    y, x = np.argwhere(np.rot90(picture, quarters))[0]
    back = transform_points(unrotated(quarters, picture.shape), np.array([[x, y]]))
    np.testing.assert_allclose(back, [[8, 2]])

"""What the detectors find in scikit-image's photograph of an astronaut, and in blank pictures."""

import cv2
import numpy as np
import pytest
import skimage.data

from kaggle_fkd.photo.detectors import HaarDetector

FACE = np.array([177.0, 80.0, 272.0, 177.0])
"""The astronaut's face: the tight box of her 68 points with 10 % at each side, by eye."""


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.fixture(scope="module")
def head(astronaut):
    """A crop around her head, which takes less time to search."""
    return np.ascontiguousarray(astronaut[:256, 96:352])


def iou(box, other):
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    common = sides.clip(min=0).prod()
    return common / ((box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod() - common)


def test_the_astronauts_face_is_found(astronaut):
    boxes = HaarDetector()(astronaut)
    assert boxes.dtype == np.float64 and boxes.shape[1] == 4
    assert iou(boxes[0], FACE) > 0.75


@pytest.mark.parametrize("degrees", [-30, 30])
def test_a_tilted_face_is_found_at_some_stage(head, degrees):
    turn = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 1.0)
    tilted = cv2.warpAffine(head, turn, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    middle = turn @ (*((FACE[:2] + FACE[2:]) / 2 - (96, 0)), 1)
    half = (FACE[2:] - FACE[:2]) / 2
    expected = np.concatenate([middle - half, middle + half])
    boxes = np.concatenate(list(HaarDetector().stages(tilted)))
    assert max(iou(box, expected) for box in boxes) > 0.6


def test_a_dark_face_is_found(head):
    (box,) = HaarDetector()((head * 0.15).astype(np.uint8))
    assert iou(box, FACE - (96, 0, 96, 0)) > 0.75


def test_a_face_cut_off_by_the_pictures_edge_is_found(astronaut):
    cut = np.ascontiguousarray(astronaut[95:400, 185:490])
    boxes = HaarDetector()(cut)
    assert max(iou(box, FACE - (185, 95, 185, 95)) for box in boxes) > 0.6


def test_a_mirrored_picture_gives_the_mirrored_box(head):
    (box,) = HaarDetector()(head)
    (mirrored,) = HaarDetector()(head[:, ::-1])
    back = np.array([256 - mirrored[2], mirrored[1], 256 - mirrored[0], mirrored[3]])
    assert iou(box, back) > 0.8


def test_a_huge_picture_gives_the_box_at_its_size(astronaut):
    huge = cv2.resize(astronaut, None, fx=5, fy=5, interpolation=cv2.INTER_LINEAR)
    assert max(iou(box, 5 * FACE) for box in HaarDetector()(huge)) > 0.75


def test_two_faces_have_a_box_each(head):
    boxes = HaarDetector()(np.hstack([head, head[:, ::-1]]))
    expected = FACE - (96, 0, 96, 0)
    other = np.array([512 - expected[2], expected[1], 512 - expected[0], expected[3]])
    assert [max(iou(box, face) for box in boxes) > 0.7 for face in (expected, other)] == [True] * 2


@pytest.mark.parametrize("shape", [(1, 1), (10, 10), (1, 4000), (300, 1), (200, 300)])
def test_no_face_is_found_in_a_blank_picture(shape):
    assert HaarDetector()(np.full((*shape, 3), 128, np.uint8)).shape == (0, 4)

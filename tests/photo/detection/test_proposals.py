"""Proposals of the first stage, their chips, and what the second stage is trained on."""

import numpy as np
import pytest
from support.made_up_photographs import drawn_photographs

from kaggle_fkd.annotated.detection.targets import BACKGROUND, FACE, UNLABELLED, label_proposals
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE
from kaggle_fkd.photo.detection.faces import (
    CENTRE,
    EYE_POINTS,
    SIZE,
    overlaps,
    squares,
    transform_faces,
    upright_maps,
)
from kaggle_fkd.photo.detection.proposals import cut_chips, non_maximum_suppression

NO = np.zeros(1, bool)


def face(x, y, size, roll=0.0):
    """7, with the eyes a quarter of the size beside the centre and above it."""
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    eyes = np.array([[-0.25, -0.25], [0.25, -0.25]]) * size @ turn.T + (x, y)
    return np.array([x, y, size, *eyes.ravel()], np.float32)


def test_of_proposals_for_one_face_the_best_stays():
    faces = np.array([face(50, 50, 20), face(53, 50, 22), face(80, 50, 20), face(51, 50, 44)])
    assert non_maximum_suppression(np.array([0.5, 0.9, 0.7, 0.8]), faces, 9).tolist() == [1, 2]
    assert non_maximum_suppression(np.array([0.5, 0.9, 0.7, 0.8]), faces, 1).tolist() == [1]
    assert non_maximum_suppression(np.zeros(0), np.zeros((0, 7)), 9).tolist() == []


@pytest.mark.parametrize("roll", [0, 40, 90, 180, 271])
def test_a_chip_shows_the_face_upright_and_in_one_size(roll):
    row = face(70, 40, 30, np.radians(roll))
    middle = (CHIP - 1) / 2
    (matrix,) = upright_maps(row[None], np.array([middle, middle]), CHIP_FACE)
    eyes = transform_points(matrix, row[EYE_POINTS].reshape(2, 2))
    assert np.allclose(transform_points(matrix, row[CENTRE]), middle)
    assert np.isclose(eyes[0, 1], eyes[1, 1]) and eyes[0, 0] < middle < eyes[1, 0]
    assert eyes[0, 1] < middle
    assert np.isclose(eyes[1, 0] - eyes[0, 0], 0.5 * CHIP_FACE)


def test_chips_of_a_turned_photograph_are_the_same():
    photographs = drawn_photographs(1)
    picture, row = photographs.pictures[0], photographs.faces[:1]
    turned = np.ascontiguousarray(np.rot90(picture))  # anticlockwise
    matrix = np.array([[0, 1, 0], [-1, 0, picture.shape[1] - 1]])
    first, _ = cut_chips(picture, row)
    second, maps = cut_chips(turned, transform_faces(matrix, row))
    assert first.shape == (1, CHIP, CHIP)
    inner = np.s_[:, 4:-4, 4:-4]
    difference = np.abs(first[inner].astype(float) - second[inner])
    assert difference.mean() < 1
    (upright,) = transform_faces(maps, transform_faces(matrix, row))
    assert np.allclose(upright[CENTRE], (CHIP - 1) / 2) and np.isclose(upright[SIZE], CHIP_FACE)
    assert np.isclose(upright[4], upright[6], atol=1e-3)


def test_a_face_whose_eyes_are_in_one_place_is_not_turned():
    row = face(20, 20, 10)
    row[EYE_POINTS] = 20
    (matrix,) = upright_maps(row[None], np.zeros(2), 20)
    assert np.isclose(matrix[0, 1], 0) and matrix[0, 0] > 0


def test_proposals_are_faces_background_or_neither():
    truth = np.array([face(50, 50, 20)])
    proposed = np.array([
        face(51, 50, 20), face(62, 50, 20), face(50, 50, 6), face(120, 120, 20),
    ])  # fmt: skip
    expected = [FACE, UNLABELLED, BACKGROUND, BACKGROUND]
    assert label_proposals(proposed, truth, NO, True)[0].tolist() == expected
    incomplete = [FACE, UNLABELLED, BACKGROUND, UNLABELLED]
    assert label_proposals(proposed, truth, NO, False)[0].tolist() == incomplete
    ignored = [UNLABELLED, UNLABELLED, UNLABELLED, BACKGROUND]
    assert label_proposals(proposed, truth, ~NO, True)[0].tolist() == ignored
    nothing = np.zeros((0, 7), np.float32), np.zeros(0, bool)
    assert label_proposals(proposed, *nothing, True)[0].tolist() == [BACKGROUND] * 4
    assert label_proposals(proposed[:0], truth, NO, True)[0].shape == (0,)
    two = np.array([face(120, 120, 20), face(50, 50, 20)])
    _, index = label_proposals(proposed, two, np.zeros(2, bool), True)
    assert index[0] == 1 and index[3] == 0


def test_squares_are_around_the_centres():
    assert squares(np.array([[10, 20, 6, 0, 0, 0, 0]])).tolist() == [[7.5, 17.5, 13.5, 23.5]]
    row = np.array([face(10, 20, 6)])
    assert overlaps(row, row).tolist() == [[1.0]] and row[0, SIZE] == 6

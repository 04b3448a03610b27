"""Targets of the detector's cells, and its loss."""

import numpy as np
import pytest
import torch

from kaggle_fkd.annotated.detection.loss import detection_loss
from kaggle_fkd.annotated.detection.targets import BOUNDS, assign
from kaggle_fkd.networks.detector import all_cells
from kaggle_fkd.networks.detector_shape import STRIDES

CELLS, CELL_STRIDES = all_cells(160, 160)


def targets_of(face, ignored=False, complete=True):
    """Of one face (x, y, size) in one picture."""
    x, y, size = face
    row = torch.tensor([[[x, y, size, x - size / 4, y, x + size / 4, y]]])
    flag = torch.ones(1, 1, dtype=torch.bool)
    complete = torch.tensor([complete])
    return row, assign(row, flag, flag & ignored, complete, CELLS, CELL_STRIDES)


@pytest.mark.parametrize("size", [8, 15, 23, 25, 40, 59, 61, 140])
def test_every_face_has_cells_at_its_centre_in_one_stride(size):
    rng = np.random.default_rng(0)
    for _ in range(50):
        place = rng.uniform(5, 155, 2)
        _, targets = targets_of((*place, size))
        found = targets.face[0] == 0
        assert found.any()
        assert ((CELLS[found] - torch.tensor(place)).norm(dim=1) < max(0.22 * size, 23)).all()
        expected = STRIDES[sum(size >= bound for bound in BOUNDS)]
        assert set(CELL_STRIDES[found].tolist()) == {expected}


def test_an_ignored_face_is_neither_found_nor_background():
    _, targets = targets_of((80, 80, 40), ignored=True)
    assert (targets.face == -1).all()
    near = (CELLS - 80).norm(dim=1) < 0.7 * 40
    assert targets.ignored[0, near].all()
    assert not targets.ignored[0, (CELLS - 80).norm(dim=1) > 40].any()


def test_where_other_faces_may_be_nothing_is_taught():
    _, targets = targets_of((80, 80, 40), complete=False)
    far = (CELLS - 80).norm(dim=1) > 40
    assert targets.ignored[0, far].all() and (targets.face[0] == 0).any()
    near_background = (CELLS - 80).norm(dim=1).sub(30).abs() < 4
    assert not targets.ignored[0, near_background & (CELL_STRIDES == 16)].any()


def test_the_right_answer_has_the_lowest_loss():
    face, targets = targets_of((80, 80, 40))
    answers = torch.cat([torch.full((1, len(CELLS), 1), -20.0), face.expand(1, len(CELLS), 7)], 2)
    answers[0, targets.face[0] == 0, 0] = 20.0
    exact = torch.ones(1, 1, dtype=torch.bool)
    right, count = detection_loss(answers, face, exact, targets)
    assert right < 1e-3 and count == (targets.face == 0).sum()
    for column, by in ((0, -30.0), (1, 4.0), (3, 10.0), (4, 6.0)):
        wrong = answers.clone()
        wrong[0, targets.face[0] == 0, column] += by
        assert detection_loss(wrong, face, exact, targets)[0] > right + 0.02
    guessed = detection_loss(wrong, face, ~exact, targets)[0]
    assert guessed < detection_loss(wrong, face, exact, targets)[0]


def test_a_face_on_background_costs():
    face, targets = targets_of((80, 80, 40))
    answers = torch.cat([torch.full((1, len(CELLS), 1), -20.0), face.expand(1, len(CELLS), 7)], 2)
    exact = torch.ones(1, 1, dtype=torch.bool)
    before = detection_loss(answers, face, exact, targets)[0]
    answers[0, 0, 0] = 5.0  # a corner
    assert detection_loss(answers, face, exact, targets)[0] > before + 0.1


def test_without_faces_only_scores_are_taught():
    nothing = torch.zeros(1, 1, 7), torch.zeros(1, 1, dtype=torch.bool)
    complete = torch.ones(1, dtype=torch.bool)
    targets = assign(nothing[0], nothing[1], nothing[1], complete, CELLS, CELL_STRIDES)
    assert not targets.ignored.any() and (targets.face == -1).all()
    answers = torch.zeros(1, len(CELLS), 8, requires_grad=True)
    loss, _ = detection_loss(answers, nothing[0], nothing[1], targets)
    loss.backward()
    assert answers.grad[..., 0].abs().min() > 0 and (answers.grad[..., 1:] == 0).all()


def test_sizes_that_no_stride_divides_are_refused():
    with pytest.raises(ValueError, match="multiple of 32"):
        all_cells(100, 160)

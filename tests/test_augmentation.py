import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.training.augmentation import affine_matrix, augment, flip, warp

NO_CHANGE = AugmentConfig(flip=0, rotation=0, scale=0, shift=0, contrast=0, brightness=0)


def blob(x: float, y: float, height: int = 96, width: int = 96) -> torch.Tensor:
    """A smooth bright spot centred on (x, y)."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return 255 * torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3.0**2))


def centroid(image: torch.Tensor) -> tuple[float, float]:
    rows, columns = torch.meshgrid(*map(torch.arange, image.shape), indexing="ij")
    return float((image * columns).sum() / image.sum()), float((image * rows).sum() / image.sum())


@given(
    x=st.floats(35, 60),
    y=st.floats(35, 60),
    degrees=st.floats(-45, 45),
    scale=st.floats(0.8, 1.25),
    shift=st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
    width=st.sampled_from([96, 80]),
)
@settings(max_examples=40)
def test_the_picture_moves_where_its_keypoint_moves(x, y, degrees, scale, shift, width):
    matrix = affine_matrix(
        torch.tensor([math.radians(degrees)]), torch.tensor([scale]), torch.tensor([shift]),
        size=(96, width),
    )  # fmt: skip
    image, point = blob(x, y, 96, width)[None], torch.tensor([[[x, y]]])
    moved_image, moved_point = warp(image, point, matrix)
    assert centroid(moved_image[0]) == pytest.approx(tuple(moved_point[0, 0].tolist()), abs=0.1)


def test_a_quarter_turn_takes_right_to_below():
    matrix = affine_matrix(
        torch.tensor([math.pi / 2]), torch.tensor([1.0]), torch.zeros(1, 2), size=(96, 96)
    )
    _, moved = warp(torch.zeros(1, 96, 96), torch.tensor([[[57.5, 47.5]]]), matrix)
    assert moved[0, 0].tolist() == pytest.approx([47.5, 57.5], abs=1e-4)


def test_only_the_mirrored_faces_change():
    images = torch.rand(2, 96, 96)
    keypoints = torch.rand(2, 15, 2) * 95
    flipped, moved = flip(images, keypoints, torch.tensor([True, False]), KAGGLE15)
    assert torch.equal(flipped[1], images[1]) and torch.equal(moved[1], keypoints[1])
    assert torch.equal(flipped[0], images[0].flip(-1))
    left, right = KAGGLE15.flip_pairs[0]
    assert moved[0, left].tolist() == pytest.approx(
        [95 - float(keypoints[0, right, 0]), float(keypoints[0, right, 1])]
    )


def test_a_batch_flip_is_the_flip_of_the_faces(competition):
    faces = competition.train[:8]
    images, keypoints = flip(
        torch.from_numpy(np.array(faces.images)), torch.from_numpy(np.array(faces.keypoints)),
        torch.ones(8, dtype=torch.bool), KAGGLE15,
    )  # fmt: skip
    expected = faces.flipped()
    assert np.array_equal(images.numpy(), expected.images)
    np.testing.assert_allclose(keypoints.numpy(), expected.keypoints, atol=1e-4)


def test_nothing_changes_when_every_reach_is_zero():
    images = torch.randint(0, 256, (4, 96, 96), dtype=torch.uint8)
    keypoints = torch.rand(4, 15, 2) * 95
    changed, moved = augment(images, keypoints, KAGGLE15, NO_CHANGE, torch.Generator())
    torch.testing.assert_close(changed, images.float(), atol=0.01, rtol=0)
    torch.testing.assert_close(moved, keypoints, atol=1e-4, rtol=0)


def test_missing_keypoints_stay_missing_and_the_others_known():
    keypoints = torch.rand(64, 15, 2) * 95
    keypoints[:, 3] = torch.nan
    generator = torch.Generator().manual_seed(0)
    changed, moved = augment(
        torch.zeros(64, 96, 96), keypoints, KAGGLE15, AugmentConfig(flip=0), generator
    )
    assert moved[:, 3].isnan().all()
    assert not moved[:, [0, 1, 2, *range(4, 15)]].isnan().any()
    assert changed.isfinite().all()


def test_the_same_generator_state_gives_the_same_faces():
    images, keypoints = torch.rand(8, 96, 96) * 255, torch.rand(8, 15, 2) * 95
    first, second, other = (
        augment(images, keypoints, KAGGLE15, AugmentConfig(), torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])


def test_grey_values_stay_in_range():
    images = torch.randint(0, 256, (32, 96, 96), dtype=torch.uint8)
    strong = AugmentConfig(contrast=1, brightness=1)
    changed, _ = augment(
        images, torch.zeros(32, 15, 2), KAGGLE15, strong, torch.Generator().manual_seed(0)
    )
    assert changed.min() >= 0 and changed.max() <= 255

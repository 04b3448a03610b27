import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import blob
from support.small_runs import NO_AUGMENTATION

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.imaging.warp import (
    flip,
    flip_keypoints,
    homography,
    sample_bilinear,
    warp,
    zoom,
    zoom_points,
)
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.training.augmentation import augment


def centroid(image: torch.Tensor) -> tuple[float, float]:
    rows, columns = torch.meshgrid(*map(torch.arange, image.shape), indexing="ij")
    return float((image * columns).sum() / image.sum()), float((image * rows).sum() / image.sum())


def one_map(
    degrees=0.0, scale=1.0, shear=0.0, perspective=(0.0, 0.0), shift=(0.0, 0.0), size=(96, 96)
):
    """The homography of a single face."""
    return homography(
        torch.tensor([math.radians(degrees)]), torch.tensor([scale]), torch.tensor([shear]),
        torch.tensor([perspective]), torch.tensor([shift]), size,
    )  # fmt: skip


def moved_by(matrix, x, y):
    _, moved = warp(torch.zeros(1, 96, 96), torch.tensor([[[x, y]]]), matrix)
    return tuple(moved[0, 0].tolist())


def pairs(most):
    return st.tuples(st.floats(-most, most), st.floats(-most, most))


@given(
    x=st.floats(38, 50),
    y=st.floats(38, 58),
    degrees=st.floats(-45, 45),
    scale=st.floats(0.85, 1.2),
    shear=st.floats(-0.2, 0.2),
    perspective=pairs(0.15),
    shift=pairs(6),
    width=st.sampled_from([96, 88]),
)
@settings(max_examples=60)
def test_the_picture_moves_where_its_keypoint_moves(
    x, y, degrees, scale, shear, perspective, shift, width
):
    matrix = one_map(degrees, scale, shear, perspective, shift, size=(96, width))
    image, point = blob(x, y, 96, width)[None], torch.tensor([[[x, y]]])
    moved_image, moved_point = warp(image, point, matrix)
    assert centroid(moved_image[0]) == pytest.approx(tuple(moved_point[0, 0].tolist()), abs=0.25)


@given(
    x=st.floats(38, 50),
    y=st.floats(38, 58),
    factor=st.floats(0.7, 1.4),
    width=st.sampled_from([96, 88]),
)
def test_zooming_is_a_homography_without_anything_else(x, y, factor, width):
    image, point = blob(x, y, 96, width)[None], torch.tensor([[[x, y]]])
    moved_image, moved_point = warp(image, point, one_map(scale=factor, size=(96, width)))
    torch.testing.assert_close(zoom(image, factor), moved_image, rtol=0, atol=0.05)
    torch.testing.assert_close(zoom_points(point, factor, (96, width)), moved_point)
    whole_numbers = image.round().to(torch.uint8)
    torch.testing.assert_close(zoom(whole_numbers, factor), moved_image, rtol=0, atol=0.6)


def test_a_quarter_turn_takes_right_to_below():
    assert moved_by(one_map(degrees=90), 57.5, 47.5) == pytest.approx((47.5, 57.5), abs=1e-4)


def test_shear_moves_x_by_a_share_of_y_from_the_centre():
    assert moved_by(one_map(shear=0.1), 47.5, 57.5) == pytest.approx((48.5, 57.5), abs=1e-4)


def test_perspective_shrinks_one_side_and_grows_the_other():
    turned = one_map(perspective=(0.1, 0.0))
    right, left = moved_by(turned, 87.5, 47.5)[0] - 47.5, 47.5 - moved_by(turned, 7.5, 47.5)[0]
    assert right < 40 < left
    assert moved_by(turned, 95.5, 47.5)[0] - 47.5 == pytest.approx(48 / 1.1, abs=1e-3)
    assert moved_by(turned, 47.5, 47.5) == pytest.approx((47.5, 47.5), abs=1e-4)


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


@given(seed=st.integers(0, 10_000), width=st.integers(2, 300))
def test_keypoints_flipped_twice_are_as_before(seed, width):
    keypoints = torch.rand(3, 15, 2, generator=torch.Generator().manual_seed(seed)) * width
    keypoints[0, 3] = torch.nan
    again = flip_keypoints(flip_keypoints(keypoints, KAGGLE15, width), KAGGLE15, width)
    torch.testing.assert_close(again, keypoints, atol=1e-3, rtol=0, equal_nan=True)


def test_a_batch_flip_is_the_flip_of_the_faces(competition):
    faces = competition.train[:8]
    images, keypoints = flip(
        torch.from_numpy(np.array(faces.images)), torch.from_numpy(np.array(faces.keypoints)),
        torch.ones(8, dtype=torch.bool), KAGGLE15,
    )  # fmt: skip
    expected = faces.flipped()
    assert np.array_equal(images.numpy(), expected.images)
    np.testing.assert_allclose(keypoints.numpy(), expected.keypoints, atol=1e-4)


@given(seed=st.integers(0, 10_000), height=st.integers(1, 40), width=st.integers(1, 40))
@settings(max_examples=30)
def test_samples_at_whole_pixels_are_those_pixels_and_the_border_repeats(seed, height, width):
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(1, 2, height, width, generator=generator)
    x = torch.randint(-5, width + 5, (1, 6, 1), generator=generator)
    y = torch.randint(-5, height + 5, (1, 6, 1), generator=generator)
    seen = sample_bilinear(maps, torch.stack([x, y], dim=-1).float())
    expected = maps[:, :, y[0].clamp(0, height - 1), x[0].clamp(0, width - 1)]
    torch.testing.assert_close(seen, expected, atol=1e-4, rtol=0)


def test_between_two_pixels_lies_their_mean():
    maps = torch.tensor([[[[0.0, 10.0], [20.0, 40.0]]]])
    points = torch.tensor([[[[0.5, 0.0], [0.0, 0.5], [0.5, 0.5]]]])
    assert sample_bilinear(maps, points).flatten().tolist() == pytest.approx(
        [5, 10, 17.5], abs=1e-4
    )


def test_nothing_changes_when_every_setting_is_zero():
    images = torch.randint(0, 256, (4, 96, 96), dtype=torch.uint8)
    keypoints = torch.rand(4, 15, 2) * 95
    changed, moved, _ = augment(images, keypoints, KAGGLE15, NO_AUGMENTATION, torch.Generator())
    torch.testing.assert_close(changed, images.float(), atol=0.01, rtol=0)
    torch.testing.assert_close(moved, keypoints, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    "name",
    ["rotation", "scale", "shear", "perspective", "shift"],
)
def test_every_movement_moves_pictures_and_keypoints(competition, name):
    faces = competition.train[:4]
    images = torch.from_numpy(np.array(faces.images))
    keypoints = torch.rand(4, 15, 2) * 95
    strength = 20 if name == "rotation" else 0.02
    changed, moved, _ = augment(
        images, keypoints, KAGGLE15, replace(NO_AUGMENTATION, **{name: strength}),
        torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert (changed - images.float()).abs().amax(dim=(1, 2)).min() > 1
    assert (moved - keypoints).abs().amax(dim=(1, 2)).min() > 0.01


@pytest.mark.parametrize(
    "name", ["contrast", "brightness", "blur", "noise", "occlusion", "low_resolution"]
)
def test_every_change_of_light_leaves_the_keypoints_alone(competition, name):
    faces = competition.train[:16]
    images = torch.from_numpy(np.array(faces.images))
    keypoints = torch.from_numpy(np.array(faces.keypoints))
    changed, moved, _ = augment(
        images, keypoints, KAGGLE15, replace(NO_AUGMENTATION, **{name: 1.0}),
        torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert (changed - images.float()).abs().amax(dim=(1, 2)).min() > 1
    torch.testing.assert_close(moved, keypoints, atol=1e-4, rtol=0, equal_nan=True)


def test_it_is_told_which_faces_are_mirrored():
    images = torch.zeros(16, 96, 96)
    images[:, :, :10] = 200
    keypoints = torch.full((16, 15, 2), 5.0)
    flips = replace(NO_AUGMENTATION, flip=0.5)
    changed, moved, mirrored = augment(
        images, keypoints, KAGGLE15, flips, torch.Generator().manual_seed(0)
    )
    assert 0 < mirrored.sum() < 16
    assert torch.equal(changed[:, 0, 90] > 100, mirrored)
    assert torch.equal(moved[:, 0, 0] > 48, mirrored)


def test_missing_keypoints_stay_missing_and_the_others_known():
    keypoints = torch.rand(64, 15, 2) * 95
    keypoints[:, 3] = torch.nan
    generator = torch.Generator().manual_seed(0)
    turning = AugmentConfig(flip=0, perspective=0.05)
    changed, moved, _ = augment(torch.zeros(64, 96, 96), keypoints, KAGGLE15, turning, generator)
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


def test_faces_move_as_exactly_for_a_network_that_computes_with_bf16():
    images, keypoints = torch.rand(8, 96, 96) * 255, torch.rand(8, 15, 2) * 95

    def augmented():
        generator = torch.Generator().manual_seed(0)
        return augment(images, keypoints, KAGGLE15, AugmentConfig(), generator)

    exact = augmented()
    with torch.autocast("cpu", torch.bfloat16):
        inside = augmented()
    assert torch.equal(exact[0], inside[0]) and torch.equal(exact[1], inside[1])


def test_grey_values_stay_in_range():
    images = torch.randint(0, 256, (32, 96, 96), dtype=torch.uint8)
    strong = AugmentConfig(contrast=1, brightness=1, noise=1)
    changed, _, _ = augment(
        images, torch.zeros(32, 15, 2), KAGGLE15, strong, torch.Generator().manual_seed(0)
    )
    assert changed.min() >= 0 and changed.max() <= 255


def test_without_changes_a_margin_is_cut_off(competition):
    faces = replace(competition.train[:5], margin=12)
    images, keypoints, _ = augment(
        torch.from_numpy(np.array(faces.images)), torch.from_numpy(np.array(faces.keypoints)),
        faces.scheme, NO_AUGMENTATION, torch.Generator(), faces.margin,
    )  # fmt: skip
    inner = faces.inner()
    assert images.shape == inner.images.shape == (5, 72, 72)
    np.testing.assert_allclose(images.numpy(), inner.images, atol=0.01)
    np.testing.assert_allclose(keypoints.numpy(), inner.keypoints, atol=1e-3)


def test_what_moves_into_view_comes_from_the_margin():
    image = torch.zeros(1, 48, 48)
    image[0, 24, 5] = 255  # outside of the inner 32 pixels
    keypoint = torch.tensor([[[5.0, 24.0]]])
    to_the_right = torch.eye(3).repeat(1, 1, 1)
    to_the_right[0, 0, 2] = 10
    moved, place = warp(image, keypoint, to_the_right, margin=8)
    assert moved.shape == (1, 32, 32)
    assert place[0, 0].tolist() == [7.0, 16.0]
    assert moved[0, 16, 7] == pytest.approx(255, abs=0.1)

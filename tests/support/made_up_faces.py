"""Faces made up for tests: of noise, of one drawing, of one shape that varies."""

from dataclasses import replace

import numpy as np
import torch

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import IBUG68, KAGGLE15, KeypointScheme


def make_faces(count: int = 5, seed: int = 0, scheme: KeypointScheme = KAGGLE15) -> FaceDataset:
    rng = np.random.default_rng(seed)
    return FaceDataset(
        scheme,
        rng.integers(0, 256, (count, 96, 96), dtype=np.uint8),
        rng.uniform(0, 95, (count, len(scheme.names), 2)).astype(np.float32),
        np.zeros(count, np.int8),
        np.arange(count),
    )


def a_face_of_68() -> np.ndarray:
    """A symmetrical drawing by hand: the axis is x = 0, the subject's right has x < 0."""
    half = {
        0: (-50, 0), 1: (-50, 12), 2: (-49, 24), 3: (-46, 36), 4: (-40, 48), 5: (-32, 58),
        6: (-22, 66), 7: (-11, 70), 8: (0, 71), 17: (-42, -20), 18: (-36, -26), 19: (-27, -28),
        20: (-18, -26), 21: (-9, -22), 27: (0, -10), 28: (0, 0), 29: (0, 9), 30: (0, 18),
        31: (-11, 26), 32: (-6, 28), 33: (0, 29), 36: (-33, -8), 37: (-28, -12), 38: (-20, -12),
        39: (-15, -7), 40: (-20, -5), 41: (-28, -5), 48: (-19, 44), 49: (-12, 40), 50: (-5, 38),
        51: (0, 39), 57: (0, 54), 58: (-6, 53), 59: (-13, 50), 60: (-16, 44), 61: (-6, 43),
        62: (0, 43.5), 66: (0, 46), 67: (-6, 46.5),
    }  # fmt: skip
    points = np.full((68, 2), np.nan)
    points[list(half)] = list(half.values())
    mirrored = points[list(IBUG68.flip_order)] * (-1, 1)
    return np.where(np.isnan(points), mirrored, points)


NAMES = KAGGLE15.names


MEAN_SHAPE = np.array(
    [
        [66, 37], [30, 37], [59, 38], [73, 38], [37, 38], [23, 38],
        [56, 29], [80, 30], [40, 29], [16, 30],
        [48, 57], [64, 74], [33, 74], [48, 70], [48, 79],
    ],
    float,
)  # fmt: skip


def varied_faces(count_a: int, count_b: int = 0, seed: int = 0) -> FaceDataset:
    """Faces that are shifted, scaled and rolled, labelled to half a pixel; pictures of noise."""
    rng = np.random.default_rng(seed)
    count = count_a + count_b
    angle, scale = rng.normal(0, 0.08, count), rng.normal(1, 0.06, count)
    turn = scale[:, None, None] * np.stack(
        [np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1
    ).reshape(count, 2, 2)
    centred = MEAN_SHAPE - MEAN_SHAPE.mean(axis=0)
    keypoints = np.einsum("nij,kj->nki", turn, centred) + MEAN_SHAPE.mean(axis=0)
    keypoints += rng.normal(0, 2, (count, 1, 2)) + rng.normal(0, 0.5, keypoints.shape)
    convention = np.repeat(np.array([0, 1], np.int8), [count_a, count_b])
    for index, kind in enumerate(KAGGLE15.conventions):
        outside = np.setdiff1d(np.arange(len(NAMES)), kind.keypoints)
        keypoints[np.ix_(convention == index, outside)] = np.nan
    return FaceDataset(
        KAGGLE15,
        rng.integers(0, 256, (count, 96, 96), np.uint8),
        keypoints.astype(np.float32),
        convention,
        np.arange(100, 100 + count),
    )


def blob(x: float, y: float, height: int = 96, width: int = 96) -> torch.Tensor:
    """A smooth bright spot centred on (x, y), so small that it hardly deforms."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return 255 * torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.0**2))


def with_labels(
    faces: FaceDataset, face: int, points: list[int], labels: np.ndarray
) -> FaceDataset:
    """The same faces, except for these labels of one of them."""
    keypoints = faces.keypoints.copy()
    keypoints[face, points] = labels
    return replace(faces, keypoints=keypoints)


def with_noise(faces: FaceDataset, seed: int = 0, spread: float = 2.0) -> np.ndarray:
    """Predictions of all keypoints, off by normal noise."""
    noise = np.random.default_rng(seed).normal(0, spread, faces.keypoints.shape)
    return np.where(np.isfinite(faces.keypoints), faces.keypoints, 48) + noise


def with_noise_and_errors(faces: FaceDataset, spread: float = 2.0) -> np.ndarray:
    """The same, N x K x 3, with expected errors that are the mean length of the noise."""
    keypoints = with_noise(faces, spread=spread)
    expected = np.full((*keypoints.shape[:2], 1), spread * np.sqrt(np.pi / 2))
    return np.concatenate([keypoints, expected], axis=-1)


def with_margin(faces: FaceDataset, margin: int = 16) -> FaceDataset:
    """The faces with so many more pixels, black ones, at each side."""
    sides = (margin, margin)
    return replace(
        faces,
        images=np.pad(faces.images, ((0, 0), sides, sides)),
        keypoints=faces.keypoints + np.float32(margin),
        margin=margin,
    )

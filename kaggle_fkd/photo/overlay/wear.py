"""`apply_filter`: overlays a filter on every face, with matching scale, tilt and perspective.

The filter's anchors define where on the generic head (`photo/head_model.py`) its artwork sits, as a
sheet, flat or bent around the face. The sheet is then seen as the face's own pose shows it, so it
narrows on a turned head, and shifted, turned and scaled so that the anchors meet the face's
keypoints.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import window_around
from kaggle_fkd.imaging.chips import block_means
from kaggle_fkd.imaging.similarity import invert, similarity, transform_points
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import find_camera, head_points
from kaggle_fkd.photo.overlay.filter import Filter

DAYLIGHT = np.array([220.0, 180.0, 160.0])
"""RGB of the highlights on a face in good light, roughly."""
MIN_LIGHT = 0.4
"""The least light on the artwork: it stays visible on a dark face."""


@dataclass(frozen=True)
class _Sheet:
    """The artwork's sheet in the picture: (x, y) in head units is at x a + x^2 bend + y b + shift.

    Each field is a vector of 2, in pixels of the picture.
    """

    a: NDArray[np.float64]
    """One head unit to the right."""
    b: NDArray[np.float64]
    """One head unit down."""
    bend: NDArray[np.float64]
    """How far the sheet bends away at x = 1."""
    shift: NDArray[np.float64]
    """Where the origin of the head is."""

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points on the sheet, `... x 2`, are in the picture."""
        x, y = points[..., :1], points[..., 1:]
        return x * self.a + x**2 * self.bend + y * self.b + self.shift

    def from_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse, for points `... x 2`; NaN for those that the sheet does not reach.

        Where one part of the sheet hides another, the nearer one counts.
        """
        offset = points - self.shift
        # Across b only x counts: quadratic * x^2 + linear * x = across. This form of the solution
        # gives the root on the near side, and holds for a flat sheet, too.
        quadratic, linear = _cross(self.bend, self.b), _cross(self.a, self.b)
        across = _cross(offset, self.b)
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.sqrt(linear**2 + 4 * quadratic * across)
            x = 2 * across / (linear + np.sign(linear) * root)
        rest = offset - x[..., None] * self.a - x[..., None] ** 2 * self.bend
        return np.stack([x, rest @ self.b / (self.b @ self.b)], axis=-1)


def apply_filter(
    picture: NDArray[np.uint8], faces: Iterable[DetectedFace], worn: Filter
) -> NDArray[np.uint8]:
    """A copy of the H x W x 3 picture in which every face wears the filter.

    Faces that are higher up in the picture, and so usually farther away, are drawn first. Raises
    UsageError if the filter has no anchors for the scheme of a face.
    """
    result = np.ascontiguousarray(picture).copy()
    for face in sorted(faces, key=lambda face: float(face.keypoints[:, 1].mean())):
        _wear(result, face, worn)
    return result


def _wear(picture: NDArray[np.uint8], face: DetectedFace, worn: Filter) -> None:
    """Blend the filter into the picture itself."""
    sheet, to_art = _place(face, worn)
    height, width = worn.art.shape[:2]
    edges = np.stack(np.meshgrid(np.linspace(-1, width, 9), np.linspace(-1, height, 9)), axis=-1)
    outline = sheet.to_picture(transform_points(invert(to_art), edges.reshape(-1, 2)))
    window, corner = window_around(picture, outline, 3)
    if window.size:
        seen = _seen(worn, sheet, to_art, corner, window.shape[:2])
        blended = seen[..., :3] * _light_on(face) + (1 - seen[..., 3:]) * window
        window[:] = np.rint(blended).clip(0, 255).astype(np.uint8)


def _seen(
    worn: Filter,
    sheet: _Sheet,
    to_art: NDArray[np.float64],
    corner: NDArray[np.int_],
    size: tuple[int, ...],
) -> NDArray[np.floating]:
    """The premultiplied artwork, h x w x 4, in a window of the picture.

    The window begins at `corner` (x, y), its size is (h, w).
    """
    pixels = np.moveaxis(np.indices(size)[::-1], 0, -1).astype(np.float64) + corner
    # Artwork that is shown smaller is first averaged, so that its fine lines do not flicker.
    scale = np.sqrt(abs(_cross(sheet.a, sheet.b) * np.linalg.det(invert(to_art)[:, :2])))
    shrink = max(1, int(1 / max(scale, 1e-3)))
    on_art = transform_points(to_art, sheet.from_picture(pixels).reshape(-1, 2))
    # From the centres of the artwork's pixels to those of the blocks, within a rim of one pixel.
    on_art = np.nan_to_num((on_art + 0.5) / shrink - 0.5 + 1, nan=-9.0).clip(-9, 32000)
    columns, rows = np.moveaxis(on_art.reshape(pixels.shape).astype(np.float32), 2, 0)
    layers = _premultiplied(worn, shrink)
    return np.asarray(
        cv2.remap(layers, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    )


def _place(face: DetectedFace, worn: Filter) -> tuple[_Sheet, NDArray[np.float64]]:
    """The sheet in the picture, and the 2 x 3 map from the sheet to the artwork's pixels."""
    anchors = worn.anchors_for(face.scheme)
    indices, on_art = list(anchors), np.array(list(anchors.values()), np.float64)
    on_head = head_points(face.scheme)[indices]
    size = (face.picture.shape[0], face.picture.shape[1])
    view = find_camera(face.keypoints, face.scheme, size).flattened()
    fit = similarity(on_head @ view.T, face.keypoints[indices])
    view, shift = fit[:, :2] @ view, fit[:, 2]
    depth = float(on_head[:, 2].mean()) if worn.depth is None else worn.depth
    across, down, back = view.T
    if worn.surrounds_head:
        # Upright along the head, and as wide as it is from the front.
        middle = on_head.mean(axis=0)
        scale = float(np.hypot(*fit[:, 0]))
        upright = scale * down / max(float(np.hypot(*down)), 1e-9)
        level = np.array([upright[1], -upright[0]])
        shift = shift + middle[1] * (down - upright)
        across, down = level, upright
    sheet = _Sheet(across, down, worn.bend * back, shift + depth * back)
    return sheet, similarity(on_head[:, :2], on_art)


@lru_cache(maxsize=16)
def _premultiplied(worn: Filter, shrink: int) -> NDArray[np.float32]:
    """H' x W' x 4, the mean of shrink x shrink blocks, in a rim of one transparent pixel.

    Colours are 0..255 times alpha, alpha is 0..1. The result is cached for the frames of a video.
    """
    art = worn.art
    alpha = art[..., 3:].astype(np.float32) / 255
    layers = np.dstack([art[..., :3] * alpha, alpha]).astype(np.float32)
    layers = block_means(layers, shrink, cv2.BORDER_CONSTANT)
    return np.pad(layers, ((1, 1), (1, 1), (0, 0)))


def _light_on(face: DetectedFace) -> NDArray[np.float64]:
    """3, RGB, 0.4..1: the light on the artwork, which looks pasted in if it is too bright.

    Estimated from the highlights of the face, its brightest twentieth, relative to DAYLIGHT, which
    the highlights of dark skin also approach.
    """
    highlights = np.percentile(face.chip(32).reshape(-1, 3), 95, axis=0)
    return np.asarray(np.clip(highlights / DAYLIGHT, MIN_LIGHT, 1))


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cross product of vectors in the plane, `... x 2`."""
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])

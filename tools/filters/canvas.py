"""`Canvas`: a transparent plane for filter artwork, in the units of the generic head.

x points to the right, y down, the origin is between the eyes, and 1 is the distance of the outer
eye corners (the front view of `head_model.head_points`): so artwork is drawn where it will sit.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from kaggle_fkd.photo.overlay.drawing import FRACTION_BITS, fixed_point

PIXELS_PER_UNIT = 300
"""Enough for artwork to be sharp on faces up to about 500 pixels wide."""

Plane = NDArray[np.floating]
"""H x W, 0..1."""
Points = NDArray[np.float64]
"""P x 2, head units."""


class Canvas:
    """Artwork in the making: new paint covers older paint as far as it is opaque."""

    def __init__(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.corner = np.array([x0, y0])
        width, height = round((x1 - x0) * PIXELS_PER_UNIT), round((y1 - y0) * PIXELS_PER_UNIT)
        columns = x0 + np.arange(width, dtype=np.float32) / PIXELS_PER_UNIT
        rows = y0 + np.arange(height, dtype=np.float32) / PIXELS_PER_UNIT
        # x and y of every pixel, H x W, for gradients.
        self.x, self.y = np.meshgrid(columns, rows)
        self._colour = np.zeros((height, width, 3), np.float32)  # multiplied by alpha
        self._alpha = np.zeros((height, width, 1), np.float32)

    def to_pixels(self, points: Points) -> Points:
        """P x 2, the points in pixels of the artwork."""
        return np.asarray((points - self.corner) * PIXELS_PER_UNIT)

    def area(self, outline: Points) -> Plane:
        """H x W, 1 inside the closed outline, with a smooth edge."""
        # OpenCV's own smoothing frays outlines of many short pieces, so a larger plane is filled.
        height, width = self.x.shape
        plane = np.zeros((4 * height, 4 * width), np.uint8)
        pixels = np.rint(4 * self.to_pixels(outline) + 1.5).astype(np.int32)
        cv2.fillPoly(plane, [pixels], 255)
        plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
        return plane.astype(np.float32) / 255

    def stroke(self, line: Points, width: float, closed: bool = False) -> Plane:
        """H x W, 1 on the line, which is `width` head units wide."""
        plane = np.zeros(self.x.shape, np.uint8)
        thickness = max(1, round(width * PIXELS_PER_UNIT))
        cv2.polylines(
            plane, [self._fixed(line)], closed, 255, thickness, cv2.LINE_AA, FRACTION_BITS
        )
        return plane.astype(np.float32) / 255

    def blurred(self, plane: Plane, radius: float) -> Plane:
        """The plane with soft edges: a Gaussian of standard deviation `radius`, in head units."""
        deviation = radius * PIXELS_PER_UNIT
        # A wide blur leaves no detail, so a smaller plane is blurred: 16 times faster.
        shrink = max(1, int(deviation / 3))
        size = tuple(-(-side // shrink) for side in plane.shape[::-1])
        small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), deviation / shrink)
        return np.asarray(cv2.resize(small, plane.shape[::-1]), np.float32)

    def hatching(
        self, lines: Iterable[Points], tones: Iterable[float], width: float
    ) -> tuple[Plane, Plane]:
        """Many lines, one over another: the plane that they cover, and the tone of the uppermost.

        `tones`, one for each line, are between 0 and 2; `width` is in head units.
        """
        cover, tone = np.zeros((2, *self.x.shape), np.uint8)
        thickness = max(1, round(width * PIXELS_PER_UNIT))
        for line, value in zip(lines, tones, strict=True):
            fixed = [self._fixed(line)]
            for plane, grey in ((cover, 255), (tone, round(127.5 * value))):
                cv2.polylines(plane, fixed, False, grey, thickness, cv2.LINE_AA, FRACTION_BITS)
        return cover.astype(np.float32) / 255, tone.astype(np.float32) / 127.5

    def paint(
        self, plane: Plane, colour: tuple[float, float, float], light: Plane | float = 1.0,
        alpha: Plane | float = 1.0,
    ) -> None:  # fmt: skip
        """Cover the plane with the colour (RGB, 0..1) times `light`, with the opacity `alpha`."""
        lights = np.broadcast_to(np.asarray(light, np.float32), plane.shape)
        x, y, width, height = cv2.boundingRect((plane > 0).astype(np.uint8))
        part = np.s_[y : y + height, x : x + width]
        cover = (plane * alpha)[part][..., None]
        lit = np.clip(lights[part][..., None] * np.array(colour, np.float32), 0, 1)
        self._colour[part] += cover * (lit - self._colour[part])
        self._alpha[part] += cover * (1 - self._alpha[part])

    def erase(self, plane: Plane) -> None:
        """Make the plane transparent again."""
        self._colour *= 1 - plane[..., None]
        self._alpha *= 1 - plane[..., None]

    def round_colours(self, plane: Plane, step: int) -> None:
        """Round the colours on the plane, where it is opaque, to multiples of `step` of 255.

        Where specks hide it, this makes the PNG much smaller.
        """
        rounded = np.rint(self._colour * (255 / step)) * np.float32(step / 255)
        chosen = (plane[..., None] > 0) & (self._alpha > 0.999)
        self._colour = np.where(chosen, rounded, self._colour)

    def rgba(self) -> NDArray[np.uint8]:
        """H x W x 4, RGBA as in a PNG: colours are not multiplied by alpha."""
        colour = self._colour / np.maximum(self._alpha, 1e-6)
        layers = np.dstack([colour, self._alpha]).clip(0, 1)
        return np.asarray(np.rint(layers * 255), np.uint8)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        return fixed_point(self.to_pixels(points))


def curve(points: list[tuple[float, float]], closed: bool = False) -> Points:
    """P x 2, a smooth line through the points: a cubic spline over the length along them."""
    knots = np.array(points + points[:1] if closed else points, np.float64)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    spline = CubicSpline(length, knots, bc_type="periodic" if closed else "natural")
    return np.asarray(spline(np.linspace(0, length[-1], 40 * len(points))), np.float64)


def mirrored(points: Points) -> Points:
    """P x 2, the same points at the other side of the face."""
    return points * [-1, 1]


def both_sides(half: list[tuple[float, float]]) -> Points:
    """P x 2, a smooth closed outline from its right half, which begins and ends at x = 0."""
    left = [(-x, y) for x, y in half[-2:0:-1]]
    return curve(half + left, closed=True)

"""Filters: artwork that sits on every face of a picture, in scale, tilt and perspective.

A filter is an RGBA picture with anchors: pixels of the artwork that belong on keypoints. The
anchors tell where on the generic head (`photo/head.py`) the artwork sits, as a sheet, flat or
bent around the face. It is then seen as the face's own pose shows it, so it narrows on a turned
head, and shifted, turned and scaled so that its anchors meet the face's keypoints.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.imaging.chips import invert, similarity, transform_points
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import find_camera, head_points
from kaggle_fkd.photo.overlay import filter_art
from kaggle_fkd.photo.overlay.canvas import Canvas

DAYLIGHT = np.array([220.0, 180.0, 160.0])
"""RGB of the highlights on a face in good light, roughly."""

SCHEMES = {scheme.name: scheme for scheme in (IBUG68, KAGGLE15)}

Anchors = Mapping[int, Sequence[float]]
"""Keypoint index -> x, y in pixels of the artwork (which it may lie outside of)."""


@dataclass(frozen=True, eq=False)
class Filter:
    """Artwork and where it sits on the generic head."""

    art: NDArray[np.uint8]
    """H x W x 4, RGBA, colours not multiplied by alpha."""
    anchors: Mapping[str, Anchors]
    """By the scheme's name; at least two for each."""
    depth: float | None = None
    """z of the sheet in front of the generic head (the nose's tip is at -0.47); None: that of
    the anchors."""
    bend: float = 0.0
    """The sheet's z grows by this times x squared: 0 is flat, 1 about as round as a face."""
    round: bool = False
    """It goes around the head, as a hat does, and so looks the same from all sides."""


@dataclass(frozen=True)
class _Sheet:
    """Where (x, y) on the sheet, in head units, is in the picture: x a + x^2 bend + y b + shift."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    bend: NDArray[np.float64]
    shift: NDArray[np.float64]

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = points[..., :1], points[..., 1:]
        return x * self.a + x**2 * self.bend + y * self.b + self.shift

    def from_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """NaN for points that the sheet does not reach. Where it hides itself, its near part."""
        offset = points - self.shift
        # Across b only x counts: quadratic * x^2 + linear * x = across. This form of the root
        # is the one of the near side, and holds for a flat sheet, too.
        quadratic, linear = _cross(self.bend, self.b), _cross(self.a, self.b)
        across = _cross(offset, self.b)
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.sqrt(linear**2 + 4 * quadratic * across)
            x = 2 * across / (linear + np.sign(linear) * root)
        rest = offset - x[..., None] * self.a - x[..., None] ** 2 * self.bend
        return np.stack([x, rest @ self.b / (self.b @ self.b)], axis=-1)


def get_filter(name: str) -> Filter:
    """The package's filter of that name; raises UsageError for an unknown one."""
    if name not in _BUILT_IN:
        raise UsageError(
            f"there is no filter {name!r}",
            f"choose one of {', '.join(_BUILT_IN)}, or give a PNG with its anchors in a JSON file",
        )
    return _BUILT_IN[name]()


def load_filter(path: Path) -> Filter:
    """A user's own filter: a PNG with transparency, and beside it NAME.json with its anchors:

        {"anchors": {"ibug68": {"36": [120, 80], "45": [400, 84]}, "kaggle15": {...}}}

    For each scheme that it is to work with, at least two keypoints, by number (from 0) or by
    name, and the pixel [x, y] of the PNG, from its top left, that belongs on each. Points spread
    over the whole artwork place it best. Optional: "depth", "bend" and "round", as in `Filter`.

    Raises PictureError for an artwork or anchors that cannot be used.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            art = np.array(image.convert("RGBA"))
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is not a PNG", "save the artwork as PNG") from error
    # On damaged bytes a decoder raises anything.
    except Exception as error:
        why = getattr(error, "strerror", None) or error
        raise PictureError(f"cannot read the filter {path}: {why}", "check the file") from error
    beside = path.with_suffix(".json")
    try:
        description = json.loads(beside.read_text(encoding="utf-8"))
        anchors = {
            scheme: _read_anchors(scheme, points)
            for scheme, points in description["anchors"].items()
        }
        if not anchors:
            raise ValueError("it has no anchors")
        depth, bend = description.get("depth"), float(description.get("bend", 0))
        depth, goes_round = None if depth is None else float(depth), description.get("round", False)
        if not (abs(depth or 0) <= 10 and abs(bend) <= 10 and isinstance(goes_round, bool)):
            raise ValueError("depth and bend must be within 10 head units, round true or false")
        return Filter(art, anchors, depth, bend, goes_round)
    except OSError as error:
        raise PictureError(
            f"cannot read the filter's anchors {beside}: {error.strerror or error}",
            'write them there: {"anchors": {"ibug68": {"36": [x, y], "45": [x, y]}}}',
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PictureError(
            f"{beside} does not describe a filter: {error}",
            'it should look like {"anchors": {"ibug68": {"36": [x, y], "45": [x, y]}}}',
        ) from error


def apply_filter(
    picture: NDArray[np.uint8], faces: Iterable[DetectedFace], worn: Filter
) -> NDArray[np.uint8]:
    """A copy of the H x W x 3 picture in which every face wears the filter.

    Faces that are higher up in the picture, and so usually farther away, come first. Raises
    UsageError for a face of a scheme that the filter has no anchors for.
    """
    result = np.ascontiguousarray(picture).copy()
    for face in sorted(faces, key=lambda face: float(face.keypoints[:, 1].mean())):
        _wear(result, face, worn)
    return result


def _wear(picture: NDArray[np.uint8], face: DetectedFace, worn: Filter) -> None:
    """Blend the filter into the picture, in place."""
    sheet, to_art = _place(face, worn)
    height, width = worn.art.shape[:2]
    edges = np.stack(np.meshgrid(np.linspace(-1, width, 9), np.linspace(-1, height, 9)), axis=-1)
    outline = sheet.to_picture(transform_points(invert(to_art), edges.reshape(-1, 2)))
    limits = np.array(picture.shape[1::-1])
    low = np.clip(np.floor(outline.min(axis=0)) - 2, 0, limits).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)) + 3, 0, limits).astype(int)
    if not (high > low).all():
        return
    pixels = np.stack(
        np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1])), axis=-1
    ).astype(np.float64)
    # Artwork that is seen smaller is first averaged, so that its fine lines do not flicker.
    drawn_size = np.sqrt(abs(_cross(sheet.a, sheet.b) * np.linalg.det(invert(to_art)[:, :2])))
    shrink = max(1, int(1 / max(drawn_size, 1e-3)))
    art = _premultiplied(worn, shrink)
    places = transform_points(to_art, sheet.from_picture(pixels).reshape(-1, 2))
    places = np.nan_to_num((places + 0.5) / shrink - 0.5 + 1, nan=-9.0).clip(-9, 32000)
    columns, rows = np.moveaxis(places.reshape(pixels.shape).astype(np.float32), 2, 0)
    seen = cv2.remap(art, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    window = picture[low[1] : high[1], low[0] : high[0]]
    blended = seen[..., :3] * _light_on(face) + (1 - seen[..., 3:]) * window
    window[:] = np.rint(blended).clip(0, 255).astype(np.uint8)


def _place(face: DetectedFace, worn: Filter) -> tuple[_Sheet, NDArray[np.float64]]:
    """The sheet in the picture, and the 2 x 3 map from the sheet to the artwork's pixels."""
    name = face.scheme.name
    if name not in worn.anchors:
        raise UsageError(
            f"the filter has no anchors for {name}", f"use one of {', '.join(worn.anchors)}"
        )
    indices = list(worn.anchors[name])
    on_art = np.array([worn.anchors[name][index] for index in indices], np.float64)
    on_head = head_points(face.scheme)[indices]
    size = (face.picture.shape[0], face.picture.shape[1])
    view = find_camera(face.keypoints, face.scheme, size).flattened()
    fit = similarity(on_head @ view.T, face.keypoints[indices])
    view, shift = fit[:, :2] @ view, fit[:, 2]
    depth = float(on_head[:, 2].mean()) if worn.depth is None else worn.depth
    across, down, back = view.T
    if worn.round:
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
    """H' x W' x 4, colours 0..255 times alpha, alpha 0..1, within a transparent pixel around.

    Kept, because the frames of a video need the same again.
    """
    art = worn.art
    alpha = art[..., 3:].astype(np.float32) / 255
    layers = np.dstack([art[..., :3] * alpha, alpha])
    if shrink > 1:
        # Full blocks only, so that each pixel's place stays exact.
        below, right = (-side % shrink for side in art.shape[:2])
        layers = np.pad(layers, ((0, below), (0, right), (0, 0)))
        size = (layers.shape[1] // shrink, layers.shape[0] // shrink)
        layers = np.asarray(cv2.resize(layers, size, interpolation=cv2.INTER_AREA))
    return np.pad(layers, ((1, 1), (1, 1), (0, 0))).astype(np.float32)


def _light_on(face: DetectedFace) -> NDArray[np.float64]:
    """3, RGB, 0.4..1: the light to see the artwork in; lit brightly it looks pasted in.

    Told by the face's highlights, its brightest twentieth: the share of what skin shows in
    daylight, which dark skin comes near to as well.
    """
    highlights = np.percentile(face.chip(32).reshape(-1, 3), 95, axis=0)
    return np.asarray(np.clip(highlights / DAYLIGHT, 0.4, 1))


def _read_anchors(scheme: str, points: Mapping[str, Any]) -> dict[int, tuple[float, float]]:
    if scheme not in SCHEMES:
        raise ValueError(f"unknown scheme {scheme!r}; known: {', '.join(SCHEMES)}")
    names = SCHEMES[scheme].names
    anchors = {}
    for key, (x, y) in points.items():
        if key not in names and not (key.isdecimal() and int(key) < len(names)):
            raise ValueError(f"{scheme} has no keypoint {key!r}")
        anchors[names.index(key) if key in names else int(key)] = (float(x), float(y))
    if len(set(anchors.values())) < 2 or not np.isfinite(list(anchors.values())).all():
        raise ValueError(f"{scheme} needs anchors at two different pixels or more")
    return anchors


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def _drawn(canvas: Canvas, anchors: Mapping[str, list[int]], **settings: Any) -> Filter:
    """A filter of artwork that is drawn where it sits on the generic head."""
    on_art = {}
    for name, indices in anchors.items():
        points = canvas.to_pixels(head_points(SCHEMES[name])[indices, :2])
        on_art[name] = dict(zip(indices, points.tolist(), strict=True))
    return Filter(canvas.rgba(), on_art, **settings)


def _groups(*groups: str) -> dict[str, list[int]]:
    """The keypoints of these groups in either scheme."""
    return {
        scheme.name: [index for group in groups for index in scheme.groups[group]]
        for scheme in (IBUG68, KAGGLE15)
    }


@cache
def _sunglasses() -> Filter:
    return _drawn(filter_art.sunglasses(), _groups("eyes", "brows"), depth=-0.27, bend=0.6)


@cache
def _hat() -> Filter:
    return _drawn(filter_art.hat(), _groups("eyes", "brows"), depth=0.45, round=True)


@cache
def _moustache() -> Filter:
    # The base of the nose and the upper edge of the lips: it does not sink with the chin.
    anchors = {IBUG68.name: [*range(31, 36), *range(48, 55)], KAGGLE15.name: [10, 11, 12, 13]}
    return _drawn(filter_art.moustache(), anchors, depth=-0.28, bend=0.6)


@cache
def _mask() -> Filter:
    return _drawn(filter_art.mask(), _groups("eyes", "brows"), depth=-0.22, bend=0.45)


_BUILT_IN: Mapping[str, Callable[[], Filter]] = {
    "sunglasses": _sunglasses,
    "hat": _hat,
    "moustache": _moustache,
    "mask": _mask,
}

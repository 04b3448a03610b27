"""`Filter`: artwork to overlay on faces, read from a PNG and a JSON file.

The JSON says which pixels of the artwork belong on which keypoints:

    {"anchors": {"ibug68": {"36": [120, 80], "45": [400, 84]}, "kaggle15": {...}}}
"""

import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15, KeypointScheme
from kaggle_fkd.photo.overlay.builtin import FOLDER, filter_names
from kaggle_fkd.system.reading import read_file, read_text_file

MAX_PIXELS = 16_000_000
"""Larger artwork is not read: wearing it takes 80 bytes for each pixel."""
MEMBERS = ("anchors", "depth", "bend", "round")
"""What a filter's JSON may have."""
MAX_SIDE = 32_000
"""OpenCV does not warp pictures of a longer side."""
MAX_HEAD_UNITS = 10.0
"""Greatest `depth` and `bend`; an outer eye distance is 1, a head is about 2 wide."""
UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What JSON that does not describe a filter raises; OverflowError: an integer too large for a
float."""
EXAMPLE = '{"anchors": {"ibug68": {"36": [x, y], "45": [x, y]}}}'
CHECKED_SCHEMES = (IBUG68, KAGGLE15)
"""Anchors of these schemes are checked when a filter is read, others when it is worn."""

Anchors = Mapping[str, Sequence[float]]
"""A keypoint's name, or its number from 0 -> x, y in pixels of the artwork, or outside it."""


@dataclass(frozen=True, eq=False)
class Filter:
    """Artwork, and where it sits on the generic head."""

    art: NDArray[np.uint8]
    """H x W x 4, RGBA, colours not multiplied by alpha."""
    anchors: Mapping[str, Anchors]
    """At least two anchors for each scheme, by its name."""
    depth: float | None = None
    """z of the sheet, in head units (the tip of the nose is at -0.47); None means that of the
    anchors."""
    bend: float = 0.0
    """The sheet's z grows by this times x squared: 0 is flat, 1 about as round as a face."""
    surrounds_head: bool = False
    """Whether it surrounds the head, as a hat does, and so looks the same from all sides; "round"
    in the JSON file."""
    name: str = "filter"
    """The name of its file."""

    def anchors_for(self, scheme: KeypointScheme) -> dict[int, tuple[float, float]]:
        """Index of a keypoint -> x, y in pixels of the artwork.

        Raises UsageError if there are no anchors for the scheme, or they name a keypoint that it
        does not have.
        """
        if scheme.name not in self.anchors:
            raise UsageError(
                f"the filter {self.name} has no anchors for {scheme.name}",
                f"add some to its JSON file, or predict keypoints of {' or '.join(self.anchors)}",
            )
        try:
            return _by_index(self.anchors[scheme.name], scheme)
        except ValueError as error:
            raise UsageError(
                f"the filter {self.name} cannot be used: {error}", "correct its JSON file"
            ) from error


@cache
def get_filter(name: str) -> Filter:
    """The package's filter of that name; raises UsageError for an unknown one."""
    if name not in filter_names():
        raise UsageError(
            f"there is no filter {name!r}",
            f"choose one of {', '.join(filter_names())}, or give a PNG with its anchors in a JSON "
            "file",
        )
    return load_filter(FOLDER / f"{name}.png")


def load_filter(path: Path) -> Filter:
    """A filter from a PNG with transparency, and from NAME.json beside it.

    The JSON has "anchors": for each scheme that the filter is to work with, at least two keypoints,
    by number (from 0) or by name, and the pixel [x, y] of the PNG, from its top left, that belongs
    on each. Anchors spread over the complete artwork place it best. Optional: "depth" and "bend",
    the fields of `Filter`, and "round", its `surrounds_head`.

    Raises PictureError for artwork or anchors that cannot be used.
    """
    art, description = _read_art(path), path.with_suffix(".json")
    try:
        stored = json.loads(read_text_file(description))
        for unknown in sorted(stored.keys() - MEMBERS):
            raise ValueError(f"it has no member {unknown!r}, but {', '.join(MEMBERS)}")
        anchors = {name: _read_anchors(name, points) for name, points in stored["anchors"].items()}
        if not anchors:
            raise ValueError("it has no anchors")
        depth, bend = stored.get("depth"), float(stored.get("bend", 0))
        depth, surrounds_head = None if depth is None else float(depth), stored.get("round", False)
        if not (abs(depth or 0) <= MAX_HEAD_UNITS and abs(bend) <= MAX_HEAD_UNITS):
            raise ValueError(f"depth and bend must be within {MAX_HEAD_UNITS:.0f} head units")
        if not isinstance(surrounds_head, bool):
            raise ValueError("round must be true or false")
        return Filter(art, anchors, depth, bend, surrounds_head, path.stem)
    except OSError as error:
        raise PictureError(
            f"cannot read the filter's anchors {description}: {error.strerror or error}",
            f"write them there: {EXAMPLE}",
        ) from error
    except UNUSABLE as error:
        raise PictureError(
            f"{description} does not describe a filter: {error}", f"it should look like {EXAMPLE}"
        ) from error


def _read_art(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(read_file(path)), formats=["PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"it has more than {MAX_PIXELS // 1_000_000} million pixels")
            if max(image.size) > MAX_SIDE:
                raise ValueError(f"it has more than {MAX_SIDE} pixels in a row or column")
            art = np.array(image.convert("RGBA"))
            art.setflags(write=False)  # filters are cached
            return art
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is not a PNG", "save the artwork as PNG") from error
    # For damaged bytes decoders raise many kinds of exceptions.
    except Exception as error:
        why = getattr(error, "strerror", None) or error
        raise PictureError(f"cannot read the filter {path}: {why}", "check the file") from error


def _read_anchors(name: str, points: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """The anchors for the scheme `name`; raises one of UNUSABLE for unusable ones."""
    anchors = {key: (float(x), float(y)) for key, (x, y) in points.items()}
    _require_two(anchors.values(), name)
    for scheme in CHECKED_SCHEMES:
        if scheme.name == name:
            _by_index(anchors, scheme)
    return anchors


def _by_index(anchors: Anchors, scheme: KeypointScheme) -> dict[int, tuple[float, float]]:
    """The anchors by their keypoint's index; raises ValueError for unknown or too few keypoints."""
    places = {_index(key, scheme): (x, y) for key, (x, y) in anchors.items()}
    _require_two(places.values(), scheme.name)
    return places


def _require_two(pixels: Collection[tuple[float, float]], scheme: str) -> None:
    if len(set(pixels)) < 2 or not np.isfinite(list(pixels)).all():
        raise ValueError(f"{scheme} needs anchors at two different pixels or more")


def _index(key: str, scheme: KeypointScheme) -> int:
    try:
        return scheme.find(key)
    except UsageError as error:
        raise ValueError(error.problem) from error

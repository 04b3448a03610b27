"""`POST /v1/inside`: what the network sees in a face: heat map, saliency and feature maps.

The answer is a PNG; its header `HEADER` says in JSON where it belongs, and what its colours mean.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.figures.colours import heat_colours, sequential_colours
from kaggle_fkd.imaging.similarity import invert, transform_points
from kaggle_fkd.inspection.feature_maps import MAPS, contrast, shown_maps
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.keypoints.scheme import NOSE_TIP
from kaggle_fkd.photo.face import DetectedFace, numbered
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.drawing import picture_response
from kaggle_fkd.web.faces import chosen_face
from kaggle_fkd.web.problem import RequestError
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import Upload, read_upload

HEADER = "Inside"
"""The header with the facts of an answer."""
HEAT_MAP = "heat_map"


@dataclass(frozen=True)
class SeenFace:
    """A face as the network is given it, and one of its keypoints."""

    network: InspectedNetwork
    """The network."""
    chip: NDArray[np.uint8]
    """S x S grey, its input."""
    to_picture: NDArray[np.float64]
    """2 x 3, the similarity from the chip to the picture."""
    keypoints: Sequence[int]
    """The keypoints of the network whose mean is the one that was asked for."""

    @property
    def pixel(self) -> float:
        """The side of a pixel of the chip, in pixels of the picture."""
        return float(np.hypot(*self.to_picture[:, 0]))


@dataclass(frozen=True)
class Shown:
    """A picture of what the network sees."""

    pixels: NDArray[np.uint8]
    """H x W grey, H x W x 3 RGB, or H x W x 4 with the opacity."""
    facts: Mapping[str, Any]
    """What its colours mean, for JSON."""


def _chip(seen: SeenFace) -> Shown:
    return Shown(seen.chip, {})


def _heat_map(seen: SeenFace) -> Shown:
    maps = seen.network.heat_maps(seen.chip)
    if maps is None:
        raise RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "this network regresses coordinates and has no heat maps",
            "ask for saliency or features",
        )
    heat = maps[list(seen.keypoints)].mean(axis=0)
    facts = {"highest": float(heat.max()), "rows": len(heat), "columns": heat.shape[1]}
    return Shown(_over(seen.chip, heat), facts)


def _saliency(seen: SeenFace) -> Shown:
    # Squares that overlap would take several seconds.
    moved = seen.network.saliency(seen.chip, *seen.keypoints, overlapping=False)
    return Shown(_over(seen.chip, moved), {"highest": float(moved.max()) * seen.pixel})


def _features(seen: SeenFace) -> Shown:
    """A row of maps for each layer, each stretched over as many pixels as the chip has."""
    maps = seen.network.feature_maps(seen.chip)
    layers = shown_maps(maps)
    side = len(seen.chip)
    sheet = np.zeros((side * len(layers), side * MAPS, 3), np.uint8)
    for row, layer in enumerate(layers.values()):
        for column, values in enumerate(layer):
            tile = _stretched(sequential_colours(values, *contrast(values)), side)
            sheet[side * row :, side * column :][:side, :side] = tile
    facts = [
        {"name": name, "shown": len(layer), "of": len(maps[name]), "size": layer.shape[1:]}
        for name, layer in layers.items()
    ]
    return Shown(sheet, {"layers": facts, "convolutions": len(maps), "side": side})


SHOWS: Mapping[str, Callable[[SeenFace], Shown]] = {
    HEAT_MAP: _heat_map, "saliency": _saliency, "features": _features, "chip": _chip,
}  # fmt: skip
"""What `show` may be."""


async def post_inside(request: Request) -> Response:
    """What the network sees in a face of the posted picture, for a keypoint of the query."""
    state, query = state_of(request), request.query_params
    show = query.get("show", HEAT_MAP)
    if show not in SHOWS:
        raise UsageError(f"there is nothing to show called {show!r}", suggest(show, SHOWS))
    finders = await state.finders(request)
    finder = finders.choose(query.get("points"))
    keypoint = finder.scheme.find(query.get("keypoint", NOSE_TIP))

    def look(upload: Upload) -> Response:
        faces = numbered(finder.detect(upload.picture()))
        face = chosen_face(faces, query.get("face", "1"))
        chip, to_chip = finder.chip_and_map(face)
        seen = SeenFace(finders.inspected, chip, invert(to_chip), _sources(finder, keypoint))
        shown = SHOWS[show](seen)
        response = picture_response(shown.pixels, "png")
        place = {
            "to_picture": seen.to_picture.round(4).tolist(),
            "keypoint": _facts(face, keypoint, to_chip),
        }
        response.headers[HEADER] = json.dumps({**place, **shown.facts})
        return response

    with state.queue.place():
        upload = await read_upload(request)
        return await state.queue.run(lambda: look(upload))


def _sources(finder: FaceKeypoints, keypoint: int) -> Sequence[int]:
    """The keypoints of the network from whose mean that of the finder's scheme follows."""
    if finder.scheme == finder.networks.scheme:
        return (keypoint,)
    return finder.scheme.conventions[0].ibug68[keypoint]


def _facts(face: DetectedFace, keypoint: int, to_chip: NDArray[np.float64]) -> dict[str, Any]:
    """A keypoint of a face, for JSON; `to_chip`, 2 x 3, leads from the picture to the chip."""
    place = transform_points(to_chip, face.keypoints[[keypoint]])[0]
    return {
        "number": keypoint,
        "name": face.scheme.names[keypoint],
        "error": round(float(face.errors[keypoint]), 2),
        "place": place.round(2).tolist(),
    }


def _over(chip: NDArray[np.uint8], heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    """S x S x 4 for an S x S chip: a map, h x w, stretched over it, and transparent where it is 0.

    It is 0 for a keypoint far outside the chip, and for a network that ignores its input.
    """
    return _stretched(heat_colours(heat / (heat.max() or 1)), len(chip))


def _stretched(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture, h x w x C, as side x side x C, with the edges of its pixels."""
    resized = cv2.resize(picture, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized, np.uint8)

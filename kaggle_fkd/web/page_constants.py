"""`page_constants`: what the JavaScript of a page in one file takes from Python, as a module."""

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kaggle_fkd import __version__
from kaggle_fkd.figures.colours import MAX_OPACITY, OPAQUE_FROM, sequential_colours
from kaggle_fkd.imaging import boxes, chips
from kaggle_fkd.imaging.picture import JPEG_QUALITY
from kaggle_fkd.inference.keypoints import BATCH
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.inspection.feature_maps import LAYERS, MAPS
from kaggle_fkd.inspection.intermediate_outputs import IntermediateOutputs
from kaggle_fkd.inspection.responses import PATCH
from kaggle_fkd.keypoints import EYES, IBUG68, KeypointScheme, coco, convertible_to
from kaggle_fkd.keypoints.uncertainty import UNCERTAIN
from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE, STRIDES
from kaggle_fkd.photo import cascade, finder
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection import detect, proposals
from kaggle_fkd.photo.detectors import MIN_SCORE
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.head_model import has_pose, head_points, rigid_keypoints
from kaggle_fkd.photo.overlay import wear
from kaggle_fkd.photo.overlay.builtin import FOLDER, filter_names
from kaggle_fkd.photo.overlay.filter import CHECKED_SCHEMES, Filter, get_filter
from kaggle_fkd.photo.video import smoothing, tracking
from kaggle_fkd.web.about import offered_scheme
from kaggle_fkd.web.drawing import KEYPOINTS, encoded, painter, thumbnail

INTERMEDIATE_OUTPUTS = "intermediate-outputs"
"""The name of that part of the page."""
MAX_BYTES = 100_000_000
"""The largest file that the page reads, which may have some hundred million pixels."""


def page_constants(found: FaceKeypoints, network: str, intermediate: IntermediateOutputs) -> str:
    """The module `constants.js` of a page with these networks, which it calls `network`.

    The networks are parts of the page, whose names `network_parts` gives, and so are the
    `intermediate` outputs of the first that predicts keypoints: `INTERMEDIATE_OUTPUTS`.
    """
    parts = {path: part for part, path in network_parts(found).items()}
    values = {
        "ABOUT": _about(found, network),
        "BOXES": {"margin": boxes.BOX_MARGIN},
        "CHIPS": {"border": chips.BORDER, "batch": BATCH},
        "COCO": {
            "centre": coco.CENTRE,
            "hidden": coco.HIDDEN,
            "visible": coco.VISIBLE,
            "uncertain": UNCERTAIN,
        },
        "DETECTION": {
            "part": parts[found.network_files[0]],
            "eyes": _conversion_to(EYES),
            "eyeCorners": IBUG68.eye_corners,
            "cell": STRIDES[-1],
            "chip": CHIP,
            "chipFace": CHIP_FACE,
            "searchedSide": detect.SEARCHED_SIDE,
            "enlargedSide": detect.ENLARGED_SIDE,
            "maxEnlargement": detect.MAX_ENLARGEMENT,
            "reduction": detect.REDUCTION,
            "large": detect.LARGE,
            "largeRotated": detect.LARGE_ROTATED,
            "minLogit": detect.MIN_LOGIT,
            "maxProposals": detect.MAX_PROPOSALS,
            "nmsDistance": proposals.NMS_DISTANCE,
            "doubtful": detect.DOUBTFUL,
            "otherRolls": list(detect.OTHER_ROLLS),
            "likely": detect.LIKELY,
            "minScore": MIN_SCORE,
        },
        "CASCADE": _cascade(found, parts),
        "COLOURS": {
            "viridis": sequential_colours(np.arange(256.0)[None], 0, 255)[0].tolist(),
            "opaqueFrom": OPAQUE_FROM,
            "maxOpacity": MAX_OPACITY,
        },
        "DRAWING": {"keypoints": KEYPOINTS, "quality": JPEG_QUALITY / 100},
        "FILTERS": {name: _filter(get_filter(name)) for name in filter_names()},
        "WEAR": {"daylight": wear.DAYLIGHT.tolist(), "minLight": wear.MIN_LIGHT},
        "FEATURE_MAPS": {"layers": LAYERS, "maps": MAPS},
        "FINDER": {
            "networks": None if _is_package(found) else _networks(found.networks, parts),
            **_conversion_to(found.networks.scheme),
            "lost": finder.LOST,
        },
        "RESPONSES": _responses(found.networks, parts, intermediate),
        "TRACKING": {
            "searchEvery": tracking.SEARCH_EVERY,
            "minInterval": smoothing.MIN_INTERVAL,
            "minCutoff": smoothing.MIN_CUTOFF,
            "beta": smoothing.BETA,
            "speedCutoff": smoothing.SPEED_CUTOFF,
            "maxLag": smoothing.MAX_LAG,
            "usualError": smoothing.USUAL_ERROR,
            "minIou": smoothing.MIN_IOU,
            "patience": smoothing.PATIENCE,
        },
    }
    return "\n".join(f"export const {name} = {json.dumps(each)};" for name, each in values.items())


def network_parts(found: FaceKeypoints) -> dict[str, Path]:
    """The files of the networks, the face detector's first, by the names of their parts."""
    return {f"network-{number}": path for number, path in enumerate(found.network_files)}


def filter_parts() -> dict[str, Path]:
    """The artwork of the filters, by the names of their parts."""
    return {_art_of(name): FOLDER / f"{name}.png" for name in filter_names()}


def _about(found: FaceKeypoints, network: str) -> dict[str, Any]:
    """What `GET /v1/about` answers, as far as the page reads it."""
    return {
        "version": __version__,
        "network": network,
        "networks": [network],
        "points": len(found.scheme.names),
        "schemes": [
            _scheme(found.with_points(len(scheme.names)))
            for scheme in convertible_to(found.networks.scheme)
        ],
        "limits": {"bytes": MAX_BYTES},
    }


def _scheme(finder: FaceKeypoints) -> dict[str, Any]:
    """The scheme of a finder as drawings, files, poses and smoothing need it."""
    scheme = finder.scheme
    offered = offered_scheme(scheme)
    return offered | {
        "thumbnails": {name: _thumbnail(finder, name) for name in (KEYPOINTS, *offered["filters"])},
        "category": coco.format_category(scheme),
        "eyeCorners": scheme.eye_corners,
        "eyelids": scheme.eyelids,
        **_conversion_to(scheme),
        "head": head_points(scheme).tolist(),
        "rigid": rigid_keypoints(scheme) if has_pose(scheme) else None,
    }


def _conversion_to(scheme: KeypointScheme) -> dict[str, Any]:
    """How the scheme's keypoints follow from iBUG's."""
    convention = scheme.conventions[0]
    return {"sources": convention.ibug68, "below": convention.below}


def _thumbnail(finder: FaceKeypoints, name: str) -> str:
    """The address of the thumbnail of a filter."""
    content = encoded(thumbnail(finder, painter(name)), "jpeg")
    return f"data:image/jpeg;base64,{b64encode(content).decode()}"


def _filter(worn: Filter) -> dict[str, Any]:
    """A filter without its artwork, which is a part of the page."""
    anchors = {scheme.name: [*worn.anchors_for(scheme).items()] for scheme in CHECKED_SCHEMES}
    return {
        "part": _art_of(worn.name),
        "anchors": anchors,
        "depth": worn.depth,
        "bend": worn.bend,
        "surroundsHead": worn.surrounds_head,
    }


def _art_of(name: str) -> str:
    return f"filter-{name}"


def _cascade(found: FaceKeypoints, parts: Mapping[Path, str]) -> dict[str, Any]:
    networks = found.networks if _is_package(found) else ChipNetworks.from_file(POINTS68)
    return {
        "networks": _networks(networks, parts), "far": cascade.FAR, "certain": cascade.CERTAIN,
        "closer": cascade.CLOSER,
    }  # fmt: skip


def _networks(networks: ChipNetworks, parts: Mapping[Path, str]) -> dict[str, Any]:
    return {
        "parts": [parts[file.path] for file in networks.files],
        "size": networks.size,
        "meanShape": networks.mean_shape.tolist(),
        "convention": networks.convention,
    }


def _responses(
    networks: ChipNetworks, parts: Mapping[Path, str], intermediate: IntermediateOutputs
) -> dict[str, Any]:
    first = networks.files[0]
    return {
        "parts": [parts[first.path], INTERMEDIATE_OUTPUTS],
        "convolutions": [(name, each.maps) for name, each in intermediate.convolutions.items()],
        "heatMaps": intermediate.heat_maps,
        "heads": len(first.metadata.mean_keypoints),
        "patch": PATCH,
    }


def _is_package(found: FaceKeypoints) -> bool:
    """Whether the networks for keypoints are those of the package."""
    return found.networks.files[0].path == POINTS68

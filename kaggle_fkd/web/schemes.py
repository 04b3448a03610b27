"""`scheme_facts`: a scheme of keypoints, as pages draw it."""

from typing import Any

from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.metrics import WITHIN


def scheme_facts(scheme: KeypointScheme) -> dict[str, Any]:
    """The names, colours and contours of the keypoints of a scheme, for JSON.

    The circle of a keypoint's expected error is `within` times as large.
    """
    return {
        "name": scheme.name,
        "points": len(scheme.names),
        "names": list(scheme.names),
        "colours": keypoint_colours(scheme),
        "within": WITHIN,
        "contours": [
            {"keypoints": list(contour.keypoints), "closed": contour.closed}
            for contour in scheme.contours
        ],
    }

"""A keypoint scheme of your own, as a TOML file.

    name = "five"
    names = ["left_eye", "right_eye", "nose_tip", "mouth_left", "mouth_right"]
    nose_tip = "nose_tip"
    eye_corners = ["right_eye", "left_eye"]        # their distance normalises the NME

    [groups]
    eyes = ["left_eye", "right_eye"]
    nose = ["nose_tip"]
    mouth = ["mouth_left", "mouth_right"]

    [ibug68]                 # points of iBUG's 68, from 0, whose mean is near the keypoint
    left_eye = [42, 45]
    right_eye = [36, 39]
    nose_tip = [30]
    mouth_left = [54]
    mouth_right = [48]

Names that differ by the words left and right alone are mirror pairs; for other names, give
`flip_pairs = [["a", "b"], ...]`. Optional: `[[contours]]` with `keypoints` and `closed`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints.ibug68 import IBUG68
from kaggle_fkd.keypoints.scheme import Contour, Convention, KeypointScheme, mirror_pairs
from kaggle_fkd.system.reading import read_text_file

REQUIRED = ("name", "names", "nose_tip", "eye_corners", "groups", "ibug68")
OPTIONAL = ("flip_pairs", "contours")
_SIDES = {left: 1 for left, _ in IBUG68.flip_pairs} | {right: -1 for _, right in IBUG68.flip_pairs}
"""Of iBUG's points: 1 on the left, -1 on the right."""


def read_scheme(path: Path) -> KeypointScheme:
    """The scheme in a TOML file; UsageError names the file and what is wrong in it."""
    try:
        return _scheme(tomllib.loads(read_text_file(path)))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error})", "check the path of the scheme"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path}: not a keypoint scheme ({error})",
            "correct the file; docs/data.md has an example",
        ) from error


def _scheme(stored: Mapping[str, Any]) -> KeypointScheme:
    """The scheme of a TOML table.

    Raises ValueError, TypeError, KeyError or AttributeError for what is wrong in it.
    """
    missing = [key for key in REQUIRED if key not in stored]
    unknown = sorted(stored.keys() - {*REQUIRED, *OPTIONAL})
    if missing or unknown:
        wrong = [f"{key} is missing" for key in missing] + [f"{key} is unknown" for key in unknown]
        raise ValueError(", ".join(wrong))
    names = tuple(map(str, stored["names"]))
    if not names:
        raise ValueError("names must have at least one keypoint")
    if len(set(names)) != len(names):
        raise ValueError("names must be different from each other")

    def indices(keypoints: Sequence[str], count: int | None = None) -> tuple[int, ...]:
        strange = [name for name in keypoints if name not in names]
        if strange:
            raise ValueError(f"{strange[0]!r} is not one of names")
        if count not in (None, len(keypoints)):
            raise ValueError(f"{keypoints} should have {count} keypoints")
        return tuple(map(names.index, keypoints))

    groups = {str(name): indices(members) for name, members in stored["groups"].items()}
    if not all(groups.values()):
        raise ValueError("each of the groups must have a keypoint")
    pairs = tuple(
        (left, right) for left, right in (indices(pair, 2) for pair in stored["flip_pairs"])
    ) if "flip_pairs" in stored else mirror_pairs(names)  # fmt: skip
    paired = [index for pair in pairs for index in pair]
    if len(set(paired)) != len(paired):
        raise ValueError("no keypoint may be in two of the flip_pairs")
    sources = tuple(tuple(stored["ibug68"].get(name, ())) for name in names)
    indices(stored["ibug68"])
    corners = indices(stored["eye_corners"], 2)
    if len(set(corners)) != 2:
        raise ValueError("eye_corners must be two keypoints")
    # In the file, they may be in either order: iBUG's points say which one is the left.
    right, left = sorted(
        corners, key=lambda corner: sum(_SIDES.get(point, 0) for point in sources[corner])
    )
    everything = tuple(range(len(names)))
    return KeypointScheme(
        name=str(stored["name"]),
        names=names,
        flip_pairs=pairs,
        groups=groups,
        conventions=(Convention("own", everything, f"all {len(names)} keypoints", sources),),
        nose_tip=indices([stored["nose_tip"]])[0],
        eye_corners=(right, left),
        agreed=everything,
        contours=tuple(
            Contour(indices(each["keypoints"]), bool(each.get("closed", False)))
            for each in stored.get("contours", ())
        ),
    )

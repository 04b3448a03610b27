"""Keypoint schemes as users make them, for tests."""

from collections.abc import Mapping
from dataclasses import replace

from kaggle_fkd.keypoints import Convention, KeypointScheme


def own_scheme(name: str, sources: Mapping[str, tuple[int, ...]]) -> KeypointScheme:
    """A scheme whose keypoints are the means of these points of iBUG's; the last one is the nose's
    tip, the first two are the right and the left eye."""
    names, everything = tuple(sources), tuple(range(len(sources)))
    return KeypointScheme(
        name=name,
        names=names,
        flip_pairs=((1, 0),),
        groups={"all": everything},
        conventions=(Convention("own", everything, "all", tuple(sources.values())),),
        nose_tip=everything[-1],
        eye_corners=(0, 1),
        agreed=everything,
    )


_EYES = {"right_eye": (36, 39), "left_eye": (42, 45)}
TWO = own_scheme("two", _EYES)
"""Too few keypoints for a pose."""
THREE = own_scheme("three", _EYES | {"tip": (30,)})
"""As few keypoints as a pose can be computed from."""
UNKNOWN = replace(THREE, conventions=(Convention("own", (0, 1, 2), "all"),))
"""It does not say which of iBUG's points its keypoints are."""

"""The colours of keypoints, in figures and on photographs, without matplotlib."""

from itertools import cycle

from kaggle_fkd.keypoints import KeypointScheme

PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
"""Colours that stay distinct for the colour-blind: Okabe and Ito, https://jfly.uni-koeln.de/color/."""


def keypoint_colours(scheme: KeypointScheme) -> list[str]:
    """K colours, one for each keypoint; those of a group (eyes, brows, nose, ...) are the same."""
    colours = dict(zip(scheme.groups, cycle(PALETTE), strict=False))
    return [colours[group] for group in scheme.group_by_keypoint]

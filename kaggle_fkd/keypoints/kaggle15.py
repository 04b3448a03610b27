"""The 15 keypoints of the Kaggle competition: the columns of its training.csv."""

from kaggle_fkd.keypoints.scheme import Convention, KeypointScheme, mirror_pairs

_NAMES = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)

_IBUG68_A = {
    "left_eye_center": (42, 43, 44, 45, 46, 47),
    "right_eye_center": (36, 37, 38, 39, 40, 41),
    "left_eye_inner_corner": (42,),
    "left_eye_outer_corner": (45,),
    "right_eye_inner_corner": (39,),
    "right_eye_outer_corner": (36,),
    "left_eyebrow_inner_end": (22,),
    "left_eyebrow_outer_end": (26,),
    "right_eyebrow_inner_end": (21,),
    "right_eyebrow_outer_end": (17,),
    "nose_tip": (30,),
    "mouth_left_corner": (54,),
    "mouth_right_corner": (48,),
    "mouth_center_top_lip": (51,),
    "mouth_center_bottom_lip": (57,),
}
# Kaggle's brow ends lie 2.4 px lower than iBUG's on its images, where the outer eye corners are
# 50 px apart.
_BELOW = tuple(2.4 / 50 if "eyebrow" in name else 0.0 for name in _NAMES)
# Keypoints that B does not mark use A's mapping.
_IBUG68_B = _IBUG68_A | {"nose_tip": (33,), "mouth_center_bottom_lip": (62, 66)}

KAGGLE15 = KeypointScheme(
    name="kaggle15",
    names=_NAMES,
    flip_pairs=mirror_pairs(_NAMES),
    groups={
        "eyes": (0, 1, 2, 3, 4, 5),
        "brows": (6, 7, 8, 9),
        "nose": (10,),
        "mouth": (11, 12, 13, 14),
    },
    conventions=(
        Convention(
            "A",
            tuple(range(15)),
            "up to 15 points; nose tip, edge of the lower lip",
            tuple(_IBUG68_A[name] for name in _NAMES),
            _BELOW,
        ),
        Convention(
            "B",
            (0, 1, 10, 14),
            "4 points; base of the nose, centre of the mouth",
            tuple(_IBUG68_B[name] for name in _NAMES),
            _BELOW,
        ),
    ),
    nose_tip=10,
    eye_corners=(5, 3),
    agreed=(0, 1),
)
"""The 15 keypoints of the competition, on images of 96 x 96 pixels."""

"""The two keypoints that a face detector gives."""

from kaggle_fkd.keypoints.scheme import Convention, KeypointScheme

EYES = KeypointScheme(
    name="eyes",
    names=("right_eye", "left_eye"),
    flip_pairs=((1, 0),),
    groups={"eyes": (0, 1)},
    conventions=(
        Convention(
            "all",
            (0, 1),
            "the centres of the eyes",
            ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47)),
        ),
    ),
    nose_tip=0,
    eye_corners=(0, 1),
    agreed=(0, 1),
)
"""The centres of the eyes."""

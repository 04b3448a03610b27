"""A custom scheme with five keypoints, as a TOML file, and pictures labelled in it."""

from pathlib import Path

from PIL import Image

from kaggle_fkd.competition.sample import sample_faces
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.keypoints.pts import write_pts_file

FIVE_TOML = """\
name = "five"
names = ["left_eye", "right_eye", "nose_tip", "mouth_left", "mouth_right"]
nose_tip = "nose_tip"
eye_corners = ["right_eye", "left_eye"]

[groups]
eyes = ["left_eye", "right_eye"]
nose = ["nose_tip"]
mouth = ["mouth_left", "mouth_right"]

[ibug68]
left_eye = [42, 45]
right_eye = [36, 39]
nose_tip = [30]
mouth_left = [54]
mouth_right = [48]

[[contours]]
keypoints = ["mouth_right", "mouth_left"]
closed = true
"""

FIVE_OF_15 = [
    KAGGLE15.index(name)
    for name in (
        "left_eye_center", "right_eye_center", "nose_tip", "mouth_left_corner",
        "mouth_right_corner",
    )
]  # fmt: skip
"""The indices of the five among Kaggle's 15."""


def write_five_toml(folder: Path) -> Path:
    """Write the scheme's file."""
    path = folder / "five.toml"
    path.write_text(FIVE_TOML)
    return path


def write_five_pictures(folder: Path, count: int) -> Path:
    """Write sample faces as pictures, with the five keypoints in `.pts` files beside them."""
    folder.mkdir(parents=True)
    faces = sample_faces(count, seed=0)
    for index, (image, keypoints) in enumerate(zip(faces.images, faces.keypoints, strict=True)):
        Image.fromarray(image).save(folder / f"face-{index:02d}.png")
        write_pts_file(folder / f"face-{index:02d}.pts", keypoints[FIVE_OF_15])
    return folder

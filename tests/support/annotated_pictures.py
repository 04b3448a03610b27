"""Annotated pictures in common layouts, of any keypoint scheme, as files."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from support.made_up_faces import a_face_of_68

from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.keypoints import IBUG68, Convention, KeypointScheme

FIVE = KeypointScheme(
    name="five",
    names=("left_eye", "right_eye", "nose", "left_corner", "right_corner"),
    flip_pairs=((0, 1), (3, 4)),
    groups={"eyes": (0, 1), "nose": (2,), "mouth": (3, 4)},
    conventions=(
        Convention("own", tuple(range(5)), "all of them", ((45,), (36,), (30,), (54,), (48,))),
    ),
    nose_tip=2,
    eye_corners=(1, 0),
)
"""A small custom scheme."""

PERSONS = ["Ann_Lee_00.jpg", "Ann_Lee_12.jpg", "Bo_01.jpg"]


def a_shape(seed: int, scheme: KeypointScheme = IBUG68) -> NDArray[np.float64]:
    """Keypoints somewhere in a picture of 200 x 160 pixels, turned and scaled."""
    rng = np.random.default_rng(seed)
    scale, angle = rng.uniform(0.4, 0.7), rng.uniform(-0.5, 0.5)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = rng.uniform((80, 60), (120, 80))
    shape = scheme.from_ibug68(a_face_of_68() + rng.normal(0, 0.5, (68, 2)))
    return np.round(transform_points(np.column_stack([linear, centre]), shape), 3)


def write_picture(path: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 20, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((200, 160)).save(path)


def csv_row(name: str, seed: int, scheme: KeypointScheme = IBUG68) -> str:
    return ",".join([name, *map(str, a_shape(seed, scheme).ravel())])


def write_udacity(
    folder: Path, part: str = "training", names: list[str] = PERSONS,
    scheme: KeypointScheme = IBUG68,
) -> Path:  # fmt: skip
    """Frames in Udacity's layout, one of which the CSV does not name."""
    for seed, name in enumerate([*names, "Nobody_00.jpg"]):
        write_picture(folder / part / name, seed)
    header = ",".join(["", *map(str, range(2 * len(scheme.names)))])
    rows = [csv_row(name, seed, scheme) for seed, name in enumerate(names)]
    (folder / f"{part}_frames_keypoints.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


def pts_text(shape: NDArray[np.float64], count: int | None = None) -> str:
    lines = [f"{x:.3f} {y:.3f}" for x, y in shape + 1]
    count = len(shape) if count is None else count
    return "\n".join(["version: 1", f"n_points: {count}", "{", *lines, "}"]) + "\n"


def write_pts(
    folder: Path, names: tuple[str, ...] = ("a.jpg", "deep/er/b.PNG"),
    scheme: KeypointScheme = IBUG68,
) -> Path:  # fmt: skip
    """Pictures with `.pts` files beside them."""
    for seed, name in enumerate(names):
        write_picture(folder / name, seed)
        (folder / name).with_suffix(".pts").write_text(pts_text(a_shape(seed, scheme)))
    return folder


def coco_of(
    names: tuple[str, ...], scheme: KeypointScheme = IBUG68, labels: tuple[str, ...] = ()
) -> dict[str, Any]:
    """One face in each picture, as a labelling tool exports them: x and y from the corner of the
    first pixel. `labels` are the keypoints' names in the file, in its order, if not the scheme's.
    """
    labels = labels or scheme.names
    order = [scheme.names.index(label) if label in scheme.names else index
             for index, label in enumerate(labels)]  # fmt: skip
    annotations = []
    for seed in range(len(names)):
        corner = a_shape(seed, scheme)[order] + 0.5
        flat = np.column_stack([corner, np.full(len(order), 2)]).ravel().tolist()
        annotations.append({"id": 10 + seed, "image_id": seed, "category_id": 7, "keypoints": flat})
    return {
        "info": {},
        "images": [
            {"id": seed, "file_name": name, "width": 200, "height": 160}
            for seed, name in enumerate(names)
        ],
        "annotations": annotations,
        "categories": [{"id": 3, "name": "box"}, {"id": 7, "name": "face", "keypoints": labels}],
    }


def write_coco(
    folder: Path, file: str = "labels.json", pictures: str = "",
    names: tuple[str, ...] = ("a.jpg", "b.png"), scheme: KeypointScheme = IBUG68,
) -> Path:  # fmt: skip
    """Pictures in the folder `pictures` there, and a COCO file."""
    for seed, name in enumerate(names):
        write_picture(folder / pictures / name, seed)
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(json.dumps(coco_of(names, scheme)))
    return folder


def zipped(folder: Path, archive: Path, top: str = "") -> Path:
    """The folder as a zip, below `top`, with a file such as macOS adds."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, Path(top) / path.relative_to(folder))
        file.writestr("__MACOSX/._training_frames_keypoints.csv", b"\0shadow")
    return archive

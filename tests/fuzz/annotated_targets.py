"""Annotated pictures, in every layout that networks are trained on."""

from pathlib import Path

from fuzz.target import Target
from support.annotated_pictures import write_coco, write_pts, write_udacity, zipped
from support.made_up_photographs import drawn_photographs, write_photographs

from kaggle_fkd.annotated.detection.load import load_photographs
from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import IBUG68

SIDE = 96
"""Pixels of a side of the faces."""


def _load(folder: Path, file: Path) -> FaceDataset:
    return load_annotated([folder], IBUG68, SIDE, 0)


def _write_photographs(folder: Path) -> None:
    write_photographs(folder / "photographs", drawn_photographs(2))


TARGETS = (
    Target(
        "pictures with .pts files", write_pts, _load,
        ("annotated/tree.py", "annotated/pts.py", "keypoints/pts.py"), ("**/*.pts", "**/*.jpg"),
    ),
    Target(
        "pictures with COCO keypoints", write_coco, _load,
        ("annotated/coco.py", "keypoints/coco_file.py"), ("*.json",),
    ),
    Target(
        "frames of Udacity", write_udacity, _load,
        ("annotated/udacity.py", "annotated/picture.py"), ("*.csv",),
    ),
    Target(
        "zip of pictures", lambda folder: zipped(write_pts(folder / "in"), folder / "all.zip"),
        lambda folder, file: load_annotated([file], IBUG68, SIDE, 0).digest(),
        ("annotated/tree.py", "system/zips.py"), ("*.zip",), same=True,
    ),
    Target(
        "photographs with boxes", _write_photographs,
        lambda folder, file: load_photographs([folder / "photographs"]),
        ("annotated/detection/load.py",), ("*/boxes.csv",),
    ),
)  # fmt: skip

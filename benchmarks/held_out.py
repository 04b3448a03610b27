"""What runs were trained on, and what of it they held out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.data import DetectionData
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.load import crop_faces, find_training_pictures
from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.runs.run import Run, open_run
from kaggle_fkd.training.folds import held_out_faces


def pictures_of_runs(
    runs: Sequence[Run], paths: Sequence[Path]
) -> tuple[Sequence[AnnotatedPicture], NDArray[np.bool_]]:
    """The N pictures that the runs were trained on, and which they hold out, N.

    RunError if they were trained on others, or hold out others than the first run does.
    """
    chips = runs[0].config.chips
    pictures = find_training_pictures(paths, IBUG68)
    faces = crop_faces(pictures, IBUG68, chips.size, chips.margin)
    held_out = held_out_faces(runs[0].member(0), faces)
    for run in runs:
        if run.record["data_hash"] != faces.digest():
            raise RunError(
                f"{run.folder} was not trained on these faces in this order",
                "give --train-on the folders and zips of its training, in the same order",
            )
        if len(run.members) != 1 or (held_out_faces(run.member(0), faces) != held_out).any():
            raise RunError(
                f"{run.folder} is not one network that holds out the faces of {runs[0].folder}",
                "give runs of one fold with the same seed, trained on the same faces",
            )
    return pictures, held_out


def held_out_pictures(runs: Sequence[Path], paths: Sequence[Path]) -> list[AnnotatedPicture]:
    """The pictures that the runs in these folders hold out; RunError as `pictures_of_runs`."""
    pictures, held_out = pictures_of_runs([open_run(path) for path in runs], paths)
    return [picture for picture, out in zip(pictures, held_out, strict=True) if out]


def held_out_photographs(run: Run, photographs: PhotographDataset) -> NDArray[np.bool_]:
    """P, those that the run of a detector held out; RunError if it was trained on others."""
    if run.record["data_hash"] != photographs.digest():
        raise RunError(
            f"{run.folder} was not trained on these photographs in this order",
            "give the folders and zips of its training, in the same order",
        )
    return DetectionData(photographs).held_out(run.member(0))

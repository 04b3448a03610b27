"""Where the keypoints lie: statistics, and the mean image."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces, with_labels

from kaggle_fkd.competition.eda.locations import location_statistics, mean_image


def test_location_statistics_leave_out_missing_labels():
    faces = with_labels(varied_faces(40), 3, [10], np.array([np.nan, np.nan]))
    nose = location_statistics(faces).set_index("feature").loc[f"{NAMES[10]}_x"]
    known = np.delete(faces.keypoints[:, 10, 0].astype(float), 3)
    assert nose["labelled"] == 39
    assert nose[["mean", "min", "max"]].tolist() == pytest.approx(
        [known.mean(), known.min(), known.max()]
    )
    assert nose["std"] == pytest.approx(known.std(ddof=1))


def test_the_mean_image_is_the_mean_of_memory_mapped_images(tmp_path: Path):
    faces = varied_faces(7)
    np.save(tmp_path / "images.npy", faces.images)
    mapped = replace(faces, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    np.testing.assert_allclose(mean_image(mapped), faces.images.astype(float).mean(axis=0))

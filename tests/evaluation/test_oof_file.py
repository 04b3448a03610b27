"""Out-of-fold predictions as a file."""

import os

import numpy as np
import pandas as pd
import pytest
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.errors import DataError
from kaggle_fkd.evaluation.oof_file import read_predictions, write_predictions
from kaggle_fkd.keypoints import KAGGLE15


def test_written_predictions_are_read_back_without_the_unmarked_keypoints(tmp_path, competition):
    faces = competition.train[::7]
    predicted = np.random.default_rng(0).uniform(0, 95, (len(faces), 15, 3))
    predicted[2] = np.nan
    write_predictions(tmp_path / "oof.csv", faces, predicted)
    table = pd.read_csv(tmp_path / "oof.csv")
    assert list(table.columns) == ["row", *KAGGLE15.predicted_names]
    assert np.array_equal(table["row"], faces.ids)
    read = read_predictions(tmp_path / "oof.csv", faces)
    for index, convention in enumerate(KAGGLE15.conventions):
        chosen = np.flatnonzero(faces.convention == index)
        assert len(chosen) > 3
        marked = np.isin(np.arange(15), convention.keypoints)
        np.testing.assert_allclose(read[chosen][:, marked], predicted[chosen][:, marked], atol=1e-4)
        assert np.isnan(read[chosen][:, ~marked]).all()
    assert np.isnan(read[2]).all()


@pytest.mark.parametrize("spoil", ["other rows", "no column", "no file", "a pipe", "too large"])
def test_predictions_of_other_faces_are_rejected(tmp_path, competition, spoil):
    faces, path = competition.train[:9], tmp_path / "oof.csv"
    write_predictions(path, faces, with_noise_and_errors(faces))
    if spoil == "no column":
        pd.read_csv(path).drop(columns="nose_tip_x").to_csv(path, index=False)
    elif spoil == "too large":
        pd.read_csv(path).assign(nose_tip_x=1e39).to_csv(path, index=False)
    elif spoil in ("no file", "a pipe"):
        path.unlink()
        if spoil == "a pipe":
            os.mkfifo(path)
    else:
        faces = competition.train[1:10]
    with pytest.raises(DataError, match=r"oof\.csv"):
        read_predictions(path, faces)

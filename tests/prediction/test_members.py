"""The predictions of a run's members, and their mean."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.small_runs import CPU, NO_TTA, new_run

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.errors import RunError
from kaggle_fkd.prediction.batches import head_index, images_on
from kaggle_fkd.prediction.members import predict_faces, predict_member
from kaggle_fkd.runs.run import open_run


@pytest.mark.parametrize("config", [PredictConfig(), NO_TTA])
def test_a_run_predicts_the_mean_of_its_members(crossed_run, competition, config):
    faces = competition.test
    each = [predict_member(member, faces, CPU, config) for member in crossed_run.members]
    together = predict_faces(crossed_run, faces, CPU, config)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-4)
    assert np.abs(together - each[0]).max() > 0.01


def test_each_face_is_predicted_by_the_head_of_its_convention(crossed_run, competition):
    member, faces = crossed_run.member(0), competition.test
    both = member.load_network(CPU)(images_on(CPU, faces)).detach().numpy()
    assert head_index(CPU, faces, 2).tolist() == faces.convention.tolist()
    expected = both[np.arange(len(faces)), faces.convention]
    np.testing.assert_allclose(predict_member(member, faces, CPU, NO_TTA), expected, atol=1e-3)


def test_a_run_without_members_and_faces_that_do_not_fit_are_rejected(
    tmp_path, crossed_run, competition
):
    faces = competition.test
    with pytest.raises(RunError, match="none of its networks"):
        predict_faces(new_run(tmp_path), faces, CPU, NO_TTA)
    larger = replace(faces, images=np.zeros((len(faces), 100, 96), np.uint8))
    with pytest.raises(
        RunError, match="trained for the scheme kaggle15 on images of 96 x 96 pixels"
    ):
        predict_faces(crossed_run, larger, CPU, NO_TTA)


def test_a_member_without_weights_is_left_out_of_the_mean(crossed_run, competition, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / "copied"))
    copied.member(1).weights_file.unlink()
    each = [predict_member(crossed_run.member(i), competition.test, CPU, NO_TTA) for i in (0, 2)]
    together = predict_faces(copied, competition.test, CPU, NO_TTA)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-4)

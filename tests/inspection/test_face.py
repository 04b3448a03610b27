"""Figures of a network on a face."""

import numpy as np

from kaggle_fkd.inspection.face import FaceInspection


def test_the_network_of_a_run_is_inspected_on_a_face_of_the_competition(crossed_run, competition):
    inspection = FaceInspection.from_run(crossed_run, competition.train.images[0], convention=1)
    assert inspection.title == "lenet" and inspection.network.convention == 1
    assert inspection.keypoints.shape == (15, 2) and np.isfinite(inspection.keypoints).all()
    filters = [axes.get_title() for axes in inspection.filters().axes]
    assert filters[:4] == ["filter 0", "map 0", "filter 1", "map 1"]
    assert len(inspection.features().subfigs) == 3  # the face, and two convolutions

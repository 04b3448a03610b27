"""What the scripts behind the results' figures compute."""

import numpy as np
import pytest
from test_keypoints import make_faces

from benchmarks.compare import compare


def test_runs_are_compared_on_what_all_predict_without_what_all_miss():
    faces = make_faces(40)
    faces.keypoints[::2, 4:] = np.nan
    faces.keypoints[[3, 5], 0] += 40  # wrong labels of faces that both predict
    good = faces.keypoints.copy()
    good[[3, 5], 0] -= 40
    good[np.isnan(good)] = 0
    off = good + 2
    off[5, 0] = faces.keypoints[5, 0]  # one of them is believed by the second
    off[30:] = np.nan
    table = compare({"good": good, "off": off}, faces)
    assert (table["faces"] == 30).all() and (table["wrong_faces"] == 1).all()
    labels = np.isfinite(faces.keypoints[:30]).sum()
    known = np.isfinite(faces.keypoints[np.r_[0:3, 4:30]]).sum()
    assert table["with_wrong_all"]["good"] == pytest.approx(np.sqrt(4 * 40**2 / labels))
    assert table["rmse_all"]["good"] == pytest.approx(np.sqrt(2 * 40**2 / known))
    assert table["rmse_all"]["off"] == pytest.approx(np.sqrt(4 * (known - 2) / known))

"""Heat maps of keypoints, as figures draw them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaggle_fkd.figures.heat_maps import gaussian_heat_maps


@given(x=st.floats(0, 63), y=st.floats(0, 47), sigma=st.floats(0.5, 8))
def test_a_heat_map_peaks_at_its_keypoint(x: float, y: float, sigma: float):
    (heat,) = gaussian_heat_maps(np.array([[x, y]]), 48, 64, sigma)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    # Half-way between two pixels, either may be the peak.
    assert abs(column - x) <= 0.51 and abs(row - y) <= 0.51
    assert heat.dtype == np.float32 and heat.min() >= 0 and heat.max() <= 1


def test_a_heat_map_falls_off_as_a_gaussian_and_is_zero_for_a_missing_keypoint():
    present, absent = gaussian_heat_maps(np.array([[20.0, 30.0], [np.nan, 5.0]]), 96, 96, 3)
    assert present[30, 20] == 1
    assert present[30, 23] == pytest.approx(np.exp(-0.5))
    assert present[34, 23] == pytest.approx(np.exp(-25 / 18))
    assert not absent.any()

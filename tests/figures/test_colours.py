"""The colours of values without matplotlib."""

import matplotlib
import numpy as np

from kaggle_fkd.figures.colours import heat_colours, sequential_colours


def test_they_are_those_of_viridis_from_the_low_to_the_high_value():
    values = np.array([[-99, *np.linspace(-3, 5, 256), 99]])
    expected = 255 * matplotlib.colormaps["viridis"](np.arange(256))[[0, *range(256), 255], :3]
    np.testing.assert_allclose(sequential_colours(values, -3, 5)[0], expected, atol=1)


def test_a_constant_map_has_one_colour():
    assert len(np.unique(sequential_colours(np.ones((3, 3)), 1, 1).reshape(-1, 3), axis=0)) == 1


def test_a_heat_map_is_transparent_where_it_is_0_and_never_hides_the_face():
    opacity = heat_colours(np.array([[0, 0.2, 0.5, 1]]))[0, :, 3]
    assert opacity[0] == 0 and (np.diff(opacity.astype(int)) > 0).all() and opacity[-1] < 255

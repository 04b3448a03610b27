"""Maps of the errors over the mean face."""

import numpy as np
from matplotlib.patches import Ellipse
from support.made_up_faces import varied_faces, with_labels, with_noise

from kaggle_fkd.evaluation.error_map import CLIPPED_PX, error_map


def ellipses(axes):
    return [patch for patch in axes.patches if isinstance(patch, Ellipse)]


def test_each_convention_has_a_panel_with_an_ellipse_for_each_of_its_keypoints():
    faces = varied_faces(40, 20)
    figure = error_map(with_noise(faces), faces)
    assert [text.get_text().split()[0] for text in figure.texts] == ["Where", "Each"]
    panels = figure.axes
    assert [len(ellipses(axes)) for axes in panels] == [15, 4, 0]  # the last is the colour bar
    assert panels[0].get_title() == "convention A: 40 faces"
    assert len(error_map(with_noise(faces[:40]), faces[:40]).axes) == 2


def test_an_ellipse_spans_two_standard_deviations_and_its_offset_is_the_bias():
    faces = varied_faces(400)
    predicted = with_noise(faces, spread=1.5) + np.array([3, -2])
    axes = error_map(predicted, faces).axes[0]
    first = ellipses(axes)[0]
    assert np.allclose([first.width, first.height], 4 * 1.5, rtol=0.2)
    label = faces.mean_keypoints()[0]
    assert np.allclose(first.center - label, (3, -2), atol=0.3)


def test_a_wrong_label_stretches_an_ellipse_by_no_more_than_the_bound():
    faces = varied_faces(100)
    predicted = with_noise(faces, spread=1.0)
    wrong = with_labels(faces, 0, [0], np.array([[2000.0, 30.0]]))
    width = ellipses(error_map(predicted, wrong).axes[0])[0].get_width()
    assert 4 * 0.8 < width < 4 * np.hypot(1.0, CLIPPED_PX / 10) * 1.3

"""The map of a scheme's keypoints and their numbers."""

import pytest

from kaggle_fkd.inspection.keypoint_map import index_figure
from kaggle_fkd.keypoints import IBUG68, KAGGLE15


@pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)
def test_the_map_shows_every_number_apart_from_the_others(scheme):
    figure = index_figure(scheme)
    figure.draw_without_rendering()
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == [str(i) for i in range(len(scheme.names))]
    boxes = [text.get_window_extent() for text in texts]
    assert not any(
        one.padded(1).overlaps(other.padded(1))
        for index, one in enumerate(boxes)
        for other in boxes[:index]
    )

"""Saved figures: their texts are drawn as they are."""

import pytest
from matplotlib.image import imread

from kaggle_fkd.figures.style import new_figure, save_figure


@pytest.mark.parametrize("name", ["$\\frac$", "a\udcff", "$$", "2 $ and 3 $"])
def test_a_title_may_be_any_file_name(tmp_path, name):
    figure = new_figure(4, 4)
    figure.suptitle(name)
    figure.add_subplot().set_title(name)
    assert imread(save_figure(figure, tmp_path / "a.png")).shape == (440, 440, 4)


def test_the_numbers_of_logarithmic_axes_are_formulas_still(tmp_path):
    pictures = []
    for drawn_before in (False, True):
        figure = new_figure(4, 4)
        figure.add_subplot().loglog([1, 1000], [1, 1000])
        if drawn_before:
            figure.draw_without_rendering()
        pictures.append(save_figure(figure, tmp_path / "a.png").read_bytes())
    plain = new_figure(4, 4)
    plain.add_subplot().loglog([1, 1000], [1, 1000])
    plain.savefig(tmp_path / "b.png", format="png")
    assert pictures == [(tmp_path / "b.png").read_bytes()] * 2

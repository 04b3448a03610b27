"""Pictures side by side."""

import numpy as np

from kaggle_fkd.figures.pictures import picture_gallery
from kaggle_fkd.figures.style import save_figure


def test_every_picture_is_shown_under_its_caption_in_its_own_pixels(tmp_path):
    rng = np.random.default_rng(0)
    pictures = [
        rng.integers(0, 256, shape, np.uint8) for shape in ((20, 30, 3), (9, 9), (40, 8, 3))
    ]
    figure = picture_gallery(pictures, ["one", r"$\frac$", "two\nlines"], "Three", columns=2)
    shown = figure.axes[:3]
    assert [axes.get_title() for axes in shown] == ["one", r"$\frac$", "two\nlines"]
    assert [axes.images[0].get_array().shape for axes in shown] == [each.shape for each in pictures]
    assert not figure.axes[3].images
    assert save_figure(figure, tmp_path / "pictures.png").stat().st_size > 1000

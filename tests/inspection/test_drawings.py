"""Drawings of what a network makes of a face."""

import numpy as np

from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.inspection.drawings import draw_saliency, half_radius


def test_half_of_a_saliency_is_within_its_radius():
    values = np.zeros((96, 96))
    values[20, 30], values[20, 40], values[60, 30] = 2, 2, 1
    assert half_radius(values, np.array([30.0, 20.0])) == 10


def test_a_network_that_ignores_the_face_is_drawn_as_well(tmp_path):
    chip = np.random.default_rng(3).integers(0, 256, (96, 96), dtype=np.uint8)
    nothing = np.zeros((96, 96), np.float32)
    figure = draw_saliency(chip, np.array([30.0, 20.0]), nothing, "a dead network")
    assert save_figure(figure, tmp_path / "dead.png").exists()

"""Galleries of faces, and single figures."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread
from support.made_up_faces import make_faces, varied_faces, with_noise_and_errors

from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.heat_maps import draw_gaussians
from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import DPI, new_figure, notice_figure, save_figure
from kaggle_fkd.keypoints import IBUG68, KAGGLE15


def test_a_gallery_shows_every_face_under_its_caption(tmp_path: Path):
    faces = varied_faces(8)
    figure = gallery(faces, [f"face {face}" for face in faces.ids], "Eight faces", columns=3)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [*(f"face {face}" for face in range(100, 108)), ""]
    picture = imread(save_figure(figure, tmp_path / "gallery.png"))
    assert picture[..., :3].std() > 0.01


def test_the_legend_names_only_what_is_drawn():
    faces = varied_faces(0, 2)  # convention B has no brows
    captions = ["one", "two"]
    (legend,) = gallery(faces, captions, "Faces").legends
    assert [text.get_text() for text in legend.get_texts()] == ["eyes", "nose", "mouth"]
    (legend,) = gallery(
        faces, captions, "Faces", faces.keypoints, predicted_label="by hand"
    ).legends
    assert [text.get_text() for text in legend.get_texts()][-1] == "by hand"


def test_dollar_signs_of_file_names_are_not_read_as_formulas(tmp_path: Path):
    faces, name = varied_faces(1), r"$\frac$"
    save_figure(gallery(faces, [name], name), tmp_path / "gallery.png")
    figure = draw_gaussians(faces.images[0], faces.keypoints[0], KAGGLE15, 2.5, name)
    assert save_figure(figure, tmp_path / "heat.png").stat().st_size > 1000


def test_heat_maps_are_drawn_for_labelled_keypoints_and_their_sum():
    faces = varied_faces(1)
    keypoints = faces.keypoints[0].copy()
    keypoints[3] = np.nan
    figure = draw_gaussians(faces.images[0], keypoints, KAGGLE15, 2.5, "Heat maps")
    titles = [axes.get_title() for axes in figure.axes]
    assert len(titles) == 16 and KAGGLE15.names[3] not in titles
    assert titles[-2:] == ["sum of all", ""]


def test_keypoints_of_a_group_share_a_colour_and_groups_do_not():
    for scheme in (KAGGLE15, IBUG68):
        colours = keypoint_colours(scheme)
        assert len(colours) == len(scheme.names)
        by_group = [{colours[index] for index in group} for group in scheme.groups.values()]
        assert all(len(each) == 1 for each in by_group)
        assert len(set.union(*by_group)) == len(scheme.groups)


def test_figures_have_the_requested_size_and_change_no_setting_of_matplotlib(tmp_path: Path):
    before = dict(mpl.rcParams)
    save_figure(new_figure(3, 2), tmp_path / "empty.png")
    save_figure(notice_figure("Nothing to draw"), tmp_path / "notice.png")
    assert imread(tmp_path / "empty.png").shape[:2] == (2 * DPI, 3 * DPI)
    assert dict(mpl.rcParams) == before


def test_expected_errors_are_circles_around_the_predictions():
    faces = make_faces(2)
    without = with_noise_and_errors(faces)[..., :2]
    assert not gallery(faces, ["a", "b"], "", predicted=without).axes[0].patches
    predicted = with_noise_and_errors(faces)
    predicted[0, :4, 2] = (1, 2, 3, np.nan)
    figure = gallery(faces, ["a", "b"], "", predicted=predicted)
    circles = figure.axes[0].patches
    assert [circle.radius for circle in circles[:3]] == [1, 2, 3] and len(circles) == 14
    assert circles[0].center == pytest.approx(predicted[0, 0, :2])
    (legend,) = figure.legends
    assert "expected error" in [text.get_text() for text in legend.get_texts()]

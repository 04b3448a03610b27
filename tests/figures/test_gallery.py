"""Galleries of faces, and single figures."""

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.image import imread
from support.made_up_faces import make_faces, varied_faces, with_noise_and_errors

from kaggle_fkd.figures.colours import OPAQUE_FROM
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.heat_maps import draw_gaussians
from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import DPI, describe, new_figure, notice_figure, save_figure
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
    left = "square: the person's left"
    assert [text.get_text() for text in legend.get_texts()] == ["eyes", "nose", "mouth", left]
    (legend,) = gallery(
        faces, captions, "Faces", faces.keypoints, predicted_label="by hand"
    ).legends
    assert [text.get_text() for text in legend.get_texts()][-1] == "by hand"


def test_groups_of_keypoints_are_words_in_the_legend():
    groups = {"both_eyes": (0, 1), "the_rest": tuple(range(2, 15))}
    faces = replace(varied_faces(1), scheme=replace(KAGGLE15, groups=groups))
    (legend,) = gallery(faces, ["one"], "Faces").legends
    assert [text.get_text() for text in legend.get_texts()][:2] == ["both eyes", "the rest"]


def test_dollar_signs_of_file_names_are_not_read_as_formulas(tmp_path: Path):
    faces, name = varied_faces(1), r"$\frac$"
    save_figure(gallery(faces, [name], name), tmp_path / "gallery.png")
    figure = draw_gaussians(faces, [2.5], name)
    assert save_figure(figure, tmp_path / "heat.png").stat().st_size > 1000


def test_heat_maps_of_each_face_stand_beside_its_labels_with_a_common_scale():
    faces = varied_faces(1, 1)
    figure = draw_gaussians(faces, [1, 2.5], "Heat maps")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == ["labels of row 100", "sigma 1 px", "sigma 2.5 px"] and len(titles) == 7
    assert figure.axes[-1].get_ylabel() == "value of the heat map"
    fifteen, four = (figure.axes[index].images[1].get_array()[..., 3] for index in (2, 5))
    half = 255 * 0.5 / OPAQUE_FROM  # the opacity of half the peak
    assert (fifteen > half).sum() > 2 * (four > half).sum() > 0


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


def markers(axes: Axes) -> dict[int, list[tuple[float, float]]]:
    """The drawn points of an axes, by the number of vertices of their markers."""
    found: dict[int, list[tuple[float, float]]] = {}
    for points in axes.collections:
        if isinstance(points, PathCollection) and len(points.get_offsets()):
            shape = len(points.get_paths()[0].vertices)
            found.setdefault(shape, []).extend(map(tuple, points.get_offsets().tolist()))
    return found


def test_keypoints_on_the_persons_left_have_another_shape_so_that_swaps_are_seen():
    faces = varied_faces(1)
    (square,) = (
        points for points in markers(gallery(faces, ["a"], "").axes[0]).values() if len(points) == 6
    )
    left = [left for left, _ in KAGGLE15.flip_pairs]
    assert sorted(square) == sorted(map(tuple, faces.keypoints[0, left].tolist()))


def test_a_line_joins_each_label_with_its_prediction():
    faces = varied_faces(1, 1)
    predicted = faces.keypoints + np.float32(3)
    lines = [
        segment
        for axes in gallery(faces, ["a", "b"], "", predicted).axes[:2]
        for drawn in axes.collections
        if isinstance(drawn, LineCollection)
        for segment in drawn.get_segments()
    ]
    known = [segment for segment in lines if np.isfinite(segment).all()]
    assert len(known) == 15 + 4
    np.testing.assert_allclose([end - start for start, end in known], 3, atol=1e-4)


def test_what_was_added_where_no_label_is_has_the_colour_of_its_group_and_a_shape_of_its_own():
    faces = varied_faces(1)
    gaps = replace(faces, keypoints=np.where(np.arange(15)[:, None] == 10, np.nan, faces.keypoints))
    added = np.where(np.isnan(gaps.keypoints), faces.keypoints, np.nan)
    figure = gallery(gaps, ["a"], "", added, predicted_label="imputed")
    alone = [each for each in figure.axes[0].collections if isinstance(each, PathCollection)][-1]
    assert len(alone.get_offsets()) == 1 and len(alone.get_paths()[0].vertices) == 4  # a cross
    assert to_hex(alone.get_edgecolors()[0]).upper() == keypoint_colours(KAGGLE15)[10]
    (legend,) = figure.legends
    assert to_hex(legend.legend_handles[-1].get_color()) not in keypoint_colours(KAGGLE15)


def test_a_window_shows_a_part_of_the_face_enlarged_and_nan_all_of_it():
    faces = varied_faces(2)
    windows = np.array([[40, 50, 10], [np.nan, np.nan, np.nan]])
    one, other = gallery(faces, ["a", "b"], "", windows=windows).axes[:2]
    assert one.get_xlim() == (30, 50) and one.get_ylim() == (60, 40)
    assert other.get_xlim()[1] > 95


def test_a_title_and_its_note_stand_above_the_figure_and_make_it_higher(tmp_path: Path):
    figure = new_figure(4, 2)
    axes = figure.subplots()
    describe(figure, "A title", "A note that says what to see, " * 4)
    picture = imread(save_figure(figure, tmp_path / "described.png"))
    assert picture.shape[0] > 2.5 * DPI and picture.shape[1] == 4 * DPI
    title, note = (text.get_window_extent() for text in figure.texts)
    assert title.y0 > note.y1 - 1 and note.y0 > axes.get_tightbbox().y1
    assert note.x1 < figure.bbox.x1

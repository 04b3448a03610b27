"""Where the keypoints lie: statistics, and the mean image."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces, with_labels

from kaggle_fkd.competition.eda.locations import (
    draw_histograms,
    location_statistics,
    mean_image,
    mean_positions,
)
from kaggle_fkd.system.text import in_words


def test_location_statistics_leave_out_missing_labels():
    faces = with_labels(varied_faces(40), 3, [10], np.array([np.nan, np.nan]))
    nose = location_statistics(faces).set_index("feature").loc[f"{NAMES[10]}_x"]
    known = np.delete(faces.keypoints[:, 10, 0].astype(float), 3)
    assert nose["labelled"] == 39
    assert nose[["mean", "min", "max"]].tolist() == pytest.approx(
        [known.mean(), known.min(), known.max()]
    )
    assert nose["std"] == pytest.approx(known.std(ddof=1))


def test_the_mean_image_is_the_mean_of_memory_mapped_images(tmp_path: Path):
    faces = varied_faces(7)
    np.save(tmp_path / "images.npy", faces.images)
    mapped = replace(faces, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    np.testing.assert_allclose(mean_image(mapped), faces.images.astype(float).mean(axis=0))


def test_mean_positions_are_compared_where_every_convention_has_labels():
    faces = varied_faces(30, 20)
    parts = {"A": faces[:30], "B": faces[30:]}
    table = mean_positions(parts)
    assert list(table.index) == [NAMES[k] for k in (0, 1, 10, 14)]
    expected = [*faces.keypoints[:30, 10].mean(axis=0), *faces.keypoints[30:, 10].mean(axis=0)]
    assert table.loc[NAMES[10], ["x_A", "y_A", "x_B", "y_B"]].tolist() == pytest.approx(expected)


def test_every_labelled_coordinate_has_a_histogram_with_all_its_labels():
    faces = varied_faces(30, 20)
    only_b = draw_histograms({"B": faces[30:]})
    titles = [axes.get_title() for axes in only_b.axes if axes.axison]
    assert titles == [in_words(f"{NAMES[k]} {axis}") for k in (0, 1, 10, 14) for axis in "xy"]
    outside = with_labels(faces, 3, [0], np.array([-7.0, 130.0]))
    both = draw_histograms({"A": outside[:30], "B": outside[30:]})
    assert len([axes for axes in both.axes if axes.axison]) == 30
    for axes in both.axes[:2]:  # of both conventions
        assert [area_of(each.get_xy()) for each in axes.patches] == pytest.approx([1, 1])
    for axes, low, high in ((both.axes[0], 0, 2), (both.axes[1], 94, 96)):  # and none is lost
        at, density = axes.patches[0].get_xy().T
        assert density[(at >= low) & (at <= high)].max() > 0


def area_of(polygon):
    x, y = polygon.T
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2

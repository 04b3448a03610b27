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
    assert titles == [*(in_words(NAMES[k]) for k in (0, 1, 10, 14)), *[""] * 4]  # x above y
    outside = with_labels(faces, 3, [0], np.array([-7.0, 130.0]))
    both = draw_histograms({"A": outside[:30], "B": outside[30:]})
    panels = [axes for axes in both.axes if axes.axison]
    assert len(panels) == 30
    assert len({np.ptp(axes.get_xlim()) for axes in panels}) == 1
    x, y = panels[0], panels[8]  # of the first keypoint, which both conventions mark
    for axes in (x, y):
        assert [shares_of(each).sum() for each in axes.patches] == pytest.approx([1, 1])
    # What is far away is counted at the border.
    assert shares_of(x.patches[0])[0] == pytest.approx(1 / 30)
    assert shares_of(y.patches[0])[-1] == pytest.approx(1 / 30)


def shares_of(histogram):
    """The heights of the bins of a filled histogram, whose outline has two corners for each."""
    bins = len(np.unique(histogram.get_xy()[:, 0])) - 1
    return histogram.get_xy()[1 : 2 * bins : 2, 1]

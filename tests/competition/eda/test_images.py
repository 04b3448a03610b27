"""Brightness, contrast and sharpness of the images, and the comparison with the test faces."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import varied_faces

from kaggle_fkd.competition.eda.images import convention_shares, image_statistics, topic
from kaggle_fkd.config import EdaConfig


def test_a_darker_image_is_darker_a_flatter_one_flatter_and_a_blurred_one_less_sharp():
    faces = varied_faces(4)
    sharp = np.kron(faces.images[0, :8, :8], np.ones((12, 12), np.uint8))
    steps = [(down, right) for down in range(5) for right in range(5)]
    blurred = np.mean([np.roll(sharp, step, (0, 1)) for step in steps], axis=0)
    images = np.stack([sharp, sharp // 2, 64 + sharp // 2, blurred.astype(np.uint8)])
    table = image_statistics(replace(faces, images=images))
    assert list(table["id"]) == [100, 101, 102, 103]
    assert table["brightness"].tolist() == pytest.approx(
        images.mean(axis=(1, 2)).tolist(), rel=1e-4
    )
    assert table["contrast"].tolist() == pytest.approx(images.std(axis=(1, 2)).tolist(), rel=1e-4)
    normal, darker, flatter, less_sharp = table["sharpness"]
    assert darker == pytest.approx(normal, rel=0.02) == flatter  # whatever the contrast is
    assert less_sharp < 0.7 * normal


def test_an_image_of_one_grey_level_has_no_sharpness():
    faces = varied_faces(1)
    table = image_statistics(replace(faces, images=np.full((1, 96, 96), 7, np.uint8)))
    assert table.loc[0, ["brightness", "contrast", "sharpness"]].tolist() == [7, 0, 0]


def test_test_images_that_are_training_images_are_counted_and_conventions_are_shared_out():
    train, test = varied_faces(6, 2), varied_faces(1, 3, seed=1)
    images = test.images.copy()
    images[[0, 2]] = train.images[[5, 5]]
    found = topic(train, EdaConfig(), replace(test, images=images))
    assert found.summary["test_images_in_training"] == 2
    assert found.summary["convention_shares"]["test"] == {"A": 0.25, "B": 0.75}
    assert convention_shares(train) == {"A": 0.75, "B": 0.25}
    assert set(found.tables["images"].index) == {"training", "test"}


def test_the_darkest_and_the_blurriest_images_are_shown_first_and_repeats_once():
    faces = varied_faces(8)
    images = faces.images.copy()
    images[3] //= 8
    images[4], images[6] = images[3], np.outer(np.arange(96), np.ones(96)).astype(np.uint8)
    figure = topic(replace(faces, images=images), EdaConfig()).figures["odd_images"]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0].startswith("row 103\ndarkest: mean grey ")
    assert sum(title.startswith("row 104") for title in titles) == 0
    blurriest = next(title for title in titles if "blurriest" in title)
    assert blurriest == "row 106\nblurriest: sharpness 0.00"

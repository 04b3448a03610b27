"""Copies of a face as a training sees them."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import varied_faces
from support.small_runs import NO_AUGMENTATION

from kaggle_fkd.inspection.augmentation import TOGETHER, augmented_copies, draw_augmentation


def test_copies_without_augmentation_are_the_face_itself():
    face = varied_faces(3)[1:2]
    copies = augmented_copies(face, NO_AUGMENTATION, 4)
    assert len(copies) == 4 and (copies.images == face.images).all()
    np.testing.assert_allclose(copies.keypoints, np.repeat(face.keypoints, 4, axis=0), atol=1e-3)


def test_copies_are_moved_with_their_labels_and_the_margin_is_cut_off():
    face = replace(varied_faces(1), margin=12)
    copies = augmented_copies(face, replace(NO_AUGMENTATION, flip=1), 2)
    expected = face.inner().flipped()
    assert copies.size == (72, 72) and (copies.images[1] == expected.images[0]).all()
    np.testing.assert_allclose(copies.keypoints[1], expected.keypoints[0], atol=1e-3)


@pytest.mark.parametrize("margin", [0, 12])
def test_each_change_that_is_not_0_has_a_row_and_the_last_row_has_all(margin):
    face, config = varied_faces(1), replace(NO_AUGMENTATION, flip=0.5, blur=1.0)
    figure = draw_augmentation(replace(face, margin=margin), config, copies=3)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [*["flip"] * 3, *["blur"] * 3, *[TOGETHER] * 3]

"""The mark of generated sample faces."""

import numpy as np
import pytest

from kaggle_fkd.imaging.sample_mark import has_mark, with_mark


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_mark_is_seen_in_a_picture_and_in_its_mirror_image(mirrored):
    image = np.random.default_rng(0).integers(0, 256, (20, 30)).astype(np.uint8)
    both = np.stack([image, with_mark(image)])
    assert has_mark(both[..., ::-1] if mirrored else both).tolist() == [False, True]


def test_a_picture_that_is_narrower_than_the_mark_has_none():
    assert has_mark(np.zeros((3, 8, 8), np.uint8)).tolist() == [False] * 3

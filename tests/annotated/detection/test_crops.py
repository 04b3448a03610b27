"""Crops of photographs: the labels move with the pixels."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_photographs import drawn_photographs

from kaggle_fkd.annotated.detection.crops import Batch, Crops
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.texture import texture
from kaggle_fkd.config import DetectConfig
from kaggle_fkd.photo.detection.faces import EYE_POINTS, SIZE

CONFIG = DetectConfig(cover=0, backdrop=0)


def with_marks(size: float) -> PhotographDataset:
    """A black photograph with a face of that size, one of whose eyes is white, one grey; and one
    without a face."""
    picture = np.zeros((300, 400), np.uint8)
    right, left = np.array([180, 140]), np.array([180 + size / 2, 150])
    face = np.array([[*(right + left) / 2, size, *right, *left]], np.float32)
    radius = max(2, size / 10)
    y, x = np.mgrid[:300, :400]
    for eye, grey in ((left, 120), (right, 250)):
        picture[(x - eye[0]) ** 2 + (y - eye[1]) ** 2 <= radius**2] = grey
    pictures = [picture, np.zeros((50, 70), np.uint8)]
    return PhotographDataset(
        pictures, np.ones(2, bool), np.arange(2), face, np.zeros(1, np.int64),
        np.zeros(1, bool), np.ones(1, bool),
    )  # fmt: skip


@pytest.mark.parametrize("size", [20, 60, 200])
def test_the_eyes_are_where_the_labels_say(size):
    crops, seen = Crops(with_marks(size), replace(CONFIG, smallest=30, any_roll=1)), 0
    for seed in range(40):
        crop = crops.make(0, np.random.default_rng(seed))
        (face,) = crop.faces
        places = np.round(face[EYE_POINTS].reshape(2, 2)).astype(int)
        if ((places >= 2) & (places < 158)).all():
            seen += 1
            greys = sorted(int(crop.image[row, column]) for column, row in places)
            assert abs(greys[0] - 120) < 60 and abs(greys[1] - 250) < 60
    assert seen > 10


def test_sizes_and_rolls_are_those_that_the_settings_name():
    crops = Crops(with_marks(60), replace(CONFIG, smallest=10, largest=100, any_roll=1))
    faces = [crops.make(0, np.random.default_rng(seed)).faces[0] for seed in range(300)]
    sizes = np.array([face[SIZE] for face in faces])
    assert 10 <= sizes.min() < 13 and 80 < sizes.max() <= 100
    across = np.array([face[5:7] - face[3:5] for face in faces])
    rolls = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    assert np.histogram(rolls, 8, (-180, 180))[0].min() > 15
    upright = Crops(with_marks(60), replace(CONFIG, any_roll=0, roll=0))
    mirrored = {
        bool(np.diff(upright.make(0, np.random.default_rng(seed)).faces[0, [3, 5]])[0] > 0)
        for seed in range(10)
    }
    assert mirrored == {True}  # the right eye of a mirror image, too, is on the left


def test_a_part_of_a_face_is_covered_but_the_labels_stay():
    covered = Crops(drawn_photographs(1), replace(CONFIG, cover=1))
    plain = Crops(drawn_photographs(1), CONFIG)
    changed = 0
    for seed in range(20):
        first, second = (crops.make(0, np.random.default_rng(seed)) for crops in (covered, plain))
        assert np.array_equal(first.faces, second.faces)
        changed += not np.array_equal(first.image, second.image)
    assert changed > 10


def test_faces_out_of_range_are_ignored_not_background():
    photographs = drawn_photographs(1, faces=2)
    tiny = np.array(photographs.faces)
    tiny[1, SIZE] = 4
    crops = Crops(replace(photographs, faces=tiny), replace(CONFIG, smallest=30, largest=40))
    for seed in range(20):
        crop = crops.make(0, np.random.default_rng(seed))
        assert crop.ignored[crop.faces[:, SIZE] < 20].all()


def test_an_epoch_has_one_crop_of_each_face_and_some_of_pictures_without():
    photographs = drawn_photographs(3, faces=2)
    assert len(Crops(photographs, replace(CONFIG, backgrounds=4))) == 3 * 2 + 4 * 3
    crops = Crops(photographs, replace(CONFIG, backgrounds=1))
    counts = [len(crops.make(index, np.random.default_rng(0)).faces) for index in range(9)]
    assert min(counts[:6]) >= 1 and counts[6:] == [0, 0, 0]
    ignored = replace(photographs, ignored=np.ones(6, bool))
    assert len(Crops(ignored, replace(CONFIG, backgrounds=0))) == 0


def test_the_same_generator_gives_the_same_crops():
    crops, index = Crops(drawn_photographs(2), DetectConfig()), torch.tensor([0, 1, 2, 5])
    first, second = (crops.batch(index, torch.Generator().manual_seed(3)) for _ in range(2))
    assert isinstance(first, Batch) and first.images.shape == (4, 160, 160)
    assert torch.equal(first.images, second.images) and torch.equal(first.faces, second.faces)
    other = crops.batch(index, torch.Generator().manual_seed(4))
    assert not torch.equal(first.images, other.images)


def test_fine_detail_of_a_reduced_photograph_does_not_alias():
    stripes = np.zeros((480, 481), np.uint8)
    stripes[:, ::2] = 255
    face = np.array([[240, 240, 100, 220, 230, 260, 230]], np.float32)
    photographs = replace(with_marks(60), pictures=[stripes, stripes], faces=face)
    crops = Crops(photographs, replace(CONFIG, smallest=48, largest=48, any_roll=0, roll=0))
    crop = crops.make(0, np.random.default_rng(0))
    (x, y), half = np.round(crop.faces[0, :2]).astype(int), 15
    seen = crop.image[max(0, y - half) : y + half, max(0, x - half) : x + half]
    assert np.abs(seen.astype(int) - 127).max() < 30


def test_textures_are_pictures_of_any_blobs_without_faces():
    random = np.random.default_rng(0)
    pictures = [texture(96, random) for _ in range(20)]
    assert all(each.shape == (96, 96) and each.std() > 5 for each in pictures)
    assert not np.array_equal(pictures[0], pictures[1])
    crops = Crops(drawn_photographs(2), replace(CONFIG, texture=1))
    crop = crops.make(len(crops) - 1, random)
    assert len(crop.faces) == 0 and crop.complete and crop.image.shape == (160, 160)

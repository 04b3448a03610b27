"""Faces that are found in a real photograph by the networks of the package."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.imaging.boxes import box_of_keypoints, box_overlap
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.metrics import nme
from kaggle_fkd.photo.finder import LOST, FaceKeypoints


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()


@pytest.fixture(scope="module")
def finder():
    return FaceKeypoints()


@pytest.fixture(scope="module")
def face(finder, astronaut):
    (face,) = finder.detect(astronaut)
    return face


def distance(one, other):
    """NME in per cent between two faces' keypoints."""
    return 100 * nme(one.keypoints[None], other.keypoints[None], IBUG68).mean()


def test_the_face_of_a_photograph_is_found_with_its_parts_in_place(face):
    assert face.scheme == IBUG68 and face.keypoints.shape == (68, 2)
    assert face.confidence > 0.9
    # What anyone sees in the picture: the eyes' and the mouth's centres, to a few pixels.
    centres = KAGGLE15.from_ibug68(face.keypoints, 0)
    seen = {"left_eye_center": (246, 106), "right_eye_center": (203, 103)}
    for name, place in seen.items():
        assert np.linalg.norm(centres[KAGGLE15.index(name)] - place) < 6
    assert np.linalg.norm(face.region("mouth").mean(axis=0) - (223, 145)) < 8


def test_expected_errors_are_in_pixels_of_the_picture(finder, astronaut, face):
    assert face.errors.shape == (68,) and (face.errors > 0).all()
    small = cv2.resize(astronaut, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    (half,) = finder.detect(small)
    assert np.median(half.errors / face.errors) == pytest.approx(0.5, rel=0.15)


def test_of_fifteen_points_errors_are_the_means_of_ibugs(astronaut, face):
    (found,) = FaceKeypoints(points=15).detect(astronaut)
    eye = KAGGLE15.index("left_eye_center")
    assert found.errors[eye] == pytest.approx(face.errors[42:48].mean(), rel=1e-3)
    assert found.errors[KAGGLE15.nose_tip] == pytest.approx(face.errors[30], rel=1e-3)


def test_a_face_that_becomes_much_less_certain_is_lost(finder, astronaut, face):
    assert len(finder.track(astronaut, [face], search=False)) == 1
    certain = replace(face, errors=face.errors / (1.1 * LOST))
    assert finder.track(astronaut, [certain], search=False) == []
    assert len(finder.track(astronaut, [certain])) == 1  # found again by the detector


@pytest.mark.parametrize("half", ["left", "right"])
def test_the_covered_half_of_a_face_is_uncertain(finder, astronaut, face, half):
    covered = astronaut.copy()
    x0, y0, x1, y1 = face.box.astype(int)
    middle = int(face["nose_tip"][0])
    columns = slice(x0 - 10, middle) if half == "left" else slice(middle, x1 + 10)
    covered[y0 - 10 : y1 + 10, columns] = 90
    (found,) = finder.detect(covered, boxes=[face.box])
    inside = (face.keypoints[:, 0] < middle) == (half == "left")
    growth = found.errors / face.errors
    assert growth[inside].mean() > 1.3 * growth[~inside].mean()


def test_a_mirrored_photograph_gives_the_mirrored_face(finder, astronaut, face):
    (mirrored,) = finder.detect(astronaut[:, ::-1])
    back = mirrored.keypoints[list(IBUG68.flip_order)] * (-1, 1) + (astronaut.shape[1] - 1, 0)
    assert 100 * nme(back[None], face.keypoints[None], IBUG68).mean() < 3


@pytest.mark.parametrize("degrees", [-170, -90, -40, 25, 40, 135])
def test_a_tilted_head_is_found_and_its_keypoints_tilt_with_it(finder, astronaut, face, degrees):
    turn = cv2.getRotationMatrix2D((225, 130), degrees, 1.0)
    tilted = cv2.warpAffine(astronaut, turn, (512, 400), borderMode=cv2.BORDER_REPLICATE)
    (found,) = finder.detect(tilted)
    expected = transform_points(turn, face.keypoints)
    assert 100 * nme(found.keypoints[None], expected[None], IBUG68).mean() < 3
    assert found.pose().roll - face.pose().roll == pytest.approx(-degrees, abs=5)


def test_a_looser_a_tighter_and_a_moved_box_give_the_same_face(finder, astronaut, face):
    side = face.box[2:] - face.box[:2]
    for grown, moved in [(0.15, 0), (-0.12, 0), (0, 0.08), (0.1, -0.08)]:
        box = face.box + np.concatenate([-grown * side, grown * side]) + moved * side[0]
        (again,) = finder.detect(astronaut, boxes=[box])
        assert distance(again, face) < 1.5


def test_a_shifted_and_doubled_photograph_shifts_and_doubles_the_keypoints(finder, astronaut, face):
    large = astronaut[10:, 20:].repeat(2, axis=0).repeat(2, axis=1)
    (found,) = finder.detect(large, boxes=[2 * (face.box - (20, 10, 20, 10))])
    expected = (face.keypoints - (20, 10) + 0.5) * 2 - 0.5
    assert 100 * nme(found.keypoints[None], expected[None], IBUG68).mean() < 1


def test_boxes_give_one_face_each_in_their_order_whatever_the_confidence(finder, astronaut, face):
    boxes = [[0, 300, 80, 380], face.box, [-40, -40, 60, 60], face.box, [480, 480, 700, 700]]
    faces = finder.detect(astronaut, boxes=boxes)
    assert len(faces) == len(boxes)
    np.testing.assert_allclose(faces[1].keypoints, faces[3].keypoints, atol=1e-2)
    assert distance(faces[1], face) < 1.5
    assert faces[1].confidence > 0.5 > max(faces[i].confidence for i in (0, 2, 4))
    for given, found in zip(boxes, faces, strict=True):
        np.testing.assert_allclose(found.box, given)
    assert finder.detect(astronaut, boxes=[]) == []


def test_the_boxes_of_faces_are_copies_of_the_given_ones(finder, astronaut, face):
    boxes = face.box[None].copy()
    (found,) = finder.detect(astronaut, boxes=boxes)
    boxes[:] = 0
    np.testing.assert_array_equal(found.box, face.box)


def test_without_a_face_the_list_is_empty(finder):
    assert finder.detect(np.full((120, 90, 3), 128, np.uint8)) == []
    assert finder.detect(data.rocket()) == []
    assert finder.detect(np.zeros((1, 1), np.uint8)) == []


def test_the_confidence_removes_false_positives(astronaut):
    everywhere = FaceKeypoints(
        detector=lambda picture: np.array(
            [[x, y, x + 100, y + 100] for y in range(0, 400, 50) for x in range(0, 400, 50)], float
        )
    )
    faces = everywhere.detect(astronaut)
    assert len(faces) == 1
    assert box_overlap(faces[0].box[None], np.array([[170.0, 70, 280, 190]]))[0, 0] > 0.5


def test_a_face_but_no_false_positive_is_found_near_where_it_was(finder, astronaut, face):
    elsewhere = replace(face, box=np.array([350.0, 300, 450, 400]))
    (again,) = finder.track(astronaut, [replace(face, box=face.box + 6), elsewhere], search=False)
    assert distance(again, face) < 1.5
    np.testing.assert_allclose(again.box, box_of_keypoints(again.keypoints))
    assert finder.track(astronaut, [], search=False) == []


def test_a_face_is_tracked_once_and_others_are_searched(finder, astronaut, face):
    height = face.box[3] - face.box[1]
    above = replace(face, box=face.box - [0, 0.3 * height, 0, 0.3 * height])
    assert len(finder.track(astronaut, [above, face])) == 1
    two = np.hstack([astronaut, astronaut[:, ::-1]])
    assert len(finder.track(two, [face], search=False)) == 1
    assert len(finder.track(two, [face])) == 2


def test_a_face_whose_track_has_drifted_is_found_again(finder, astronaut, face):
    middle, half = (face.box[:2] + face.box[2:]) / 2, 0.75 * (face.box[2:] - face.box[:2])
    for shift in ((0, 0.67), (0, 0.5), (-0.5, 0)):
        centre = middle + half * shift
        drifted = replace(face, box=np.concatenate([centre - half, centre + half]))
        (found,) = finder.track(astronaut, [drifted])
        assert distance(found, face) < 3


def test_many_pictures_at_once_give_what_each_gives_alone(finder, astronaut, face):
    pictures = [astronaut, np.full((50, 60), 9, np.uint8), astronaut[:, ::-1].copy()]
    found = finder.detect_many(pictures)
    assert [len(faces) for faces in found] == [1, 0, 1]
    assert distance(found[0][0], face) < 0.01
    assert finder.detect_many([]) == []


def test_one_picture_is_not_many(finder, astronaut):
    for picture in ("astronaut", astronaut):
        with pytest.raises(UsageError, match="call detect"):
            finder.detect_many(picture)


def test_faces_are_drawn_where_they_are_and_nowhere_else(finder, astronaut, face):
    drawn = finder.draw("astronaut", [face])
    changed = (drawn != astronaut).any(axis=2)
    x0, y0, x1, y1 = face.box.astype(int)
    assert drawn.shape == astronaut.shape and changed[y0:y1, x0:x1].any()
    changed[y0 - 10 : y1 + 10, x0 - 10 : x1 + 10] = False
    assert not changed.any()
    assert (finder.draw(astronaut, [face], indices=True) != drawn).any()
    bare = finder.draw(astronaut, [face], boxes=False)
    assert (bare != drawn).any() and (finder.draw(astronaut, [], boxes=False) == astronaut).all()


def test_grey_pictures_and_paths_are_pictures(finder, face, astronaut, tmp_path):
    from PIL import Image

    Image.fromarray(astronaut).save(tmp_path / "a.png")
    (of_file,) = finder.detect(tmp_path / "a.png")
    assert distance(of_file, face) < 0.01
    (of_name,) = finder.detect("astronaut")
    assert distance(of_name, face) < 0.01
    grey = np.asarray(Image.fromarray(astronaut).convert("L"))
    (of_grey,) = finder.detect(grey)
    assert distance(of_grey, face) < 0.5


@pytest.mark.parametrize("reach", [100, 2_000, 90_000])
def test_boxes_far_larger_than_the_picture_give_a_face_each(finder, astronaut, reach):
    (face,) = finder.detect(astronaut, boxes=[[-reach, -reach, reach, reach]])
    assert np.isfinite(face.keypoints).all()


def test_finders_in_several_threads_do_not_disturb_each_other(astronaut, face):
    def find(_):
        return FaceKeypoints().detect(astronaut[:256, 96:352])

    with ThreadPoolExecutor(3) as pool:
        for (found,) in pool.map(find, range(6)):
            assert (
                100 * nme(found.keypoints[None] + (96, 0), face.keypoints[None], IBUG68).mean() < 1
            )


@pytest.mark.parametrize(
    "boxes",
    [
        [[-1e7, -1e7, 1e7, 1e7]],
        [[0, 0, 1e-9, 1e-9]],
        [[0, 0, 0, 10]],
        [[10, 10, 5, 20]],
        [[0, 0, float("nan"), 5]],
        [[1, 2, 3]],
        ["box"],
    ],
)
def test_impossible_boxes_are_rejected(finder, astronaut, boxes):
    with pytest.raises(UsageError, match="box"):
        finder.detect(astronaut, boxes=boxes)


def test_what_is_not_a_picture_is_rejected(finder, tmp_path):
    (tmp_path / "a.jpg").write_text("not a picture")
    with pytest.raises(PictureError, match=r"a\.jpg"):
        finder.detect(tmp_path / "a.jpg")

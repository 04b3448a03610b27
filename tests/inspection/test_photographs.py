"""Faces in photographs as figures, and their measurements."""

import numpy as np
import pytest
from PIL import Image

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inspection.photographs import detection_gallery, face_gallery, measurements
from kaggle_fkd.photo.finder import FaceKeypoints


@pytest.fixture(scope="module")
def picture():
    return read_picture("astronaut")


@pytest.fixture(scope="module")
def face(picture):
    return FaceKeypoints().detect(picture)[0]


def test_detections_are_drawn_at_their_pixels_and_counted(picture, face):
    figure = detection_gallery([picture, picture, picture], [[face], [face, face], []])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        f"512 x 512: a face of {face.size:.0f} pixels", "512 x 512: 2 faces", "512 x 512: no face"
    ]  # fmt: skip
    one, two, none = figure.axes
    assert (len(one.patches), len(two.patches), len(none.patches)) == (1, 2, 0)
    np.testing.assert_allclose(one.collections[0].get_offsets(), face.keypoints)
    assert one.patches[0].get_xy() == pytest.approx(face.box[:2] - 0.5)


def test_a_face_is_cut_out_with_circles_that_hold_nineteen_of_twenty_keypoints(picture, face):
    figure = face_gallery([face, face], ["one", "another"], errors=True)
    axes = figure.axes[0]
    height, width = axes.images[0].get_array().shape[:2]
    assert face.size < width < 3 * face.size and face.size < height < 3 * face.size
    points = axes.collections[0].get_offsets()
    corner = face.keypoints[0] - points[0]
    np.testing.assert_allclose(points + corner, face.keypoints)
    x, y = corner.round().astype(int)
    shown = axes.images[0].get_array()
    assert np.array_equal(shown, picture[y : y + height, x : x + width])
    assert [circle.radius for circle in axes.patches] == pytest.approx(list(2 * face.errors))


def test_a_gallery_of_no_face_is_refused():
    with pytest.raises(UsageError, match="no face to show"):
        face_gallery([], [])


def test_the_axes_of_a_head_begin_at_its_nose_and_lean_as_it_does(picture, face):
    upright = face_gallery([face], [""], pose=True).axes[0]
    rolled = np.array(Image.fromarray(picture).rotate(-60))
    lying = face_gallery(FaceKeypoints().detect(rolled)[:1], [""], pose=True).axes[0]
    for axes, angle in ((upright, 0), (lying, 60)):
        nose = axes.collections[0].get_offsets()[face.scheme.nose_tip]
        arrows = axes.texts
        assert len(arrows) == 3
        assert all(each.xyann == pytest.approx(nose) for each in arrows)
        across = np.array(arrows[0].xy) - nose
        assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(angle, abs=8)


def test_measurements_are_those_of_the_faces_in_their_order(face):
    table = measurements([face, face])
    assert len(table) == 2
    assert table.loc[1, ["pitch", "yaw", "roll"]].tolist() == list(face.pose())
    assert table.loc[0, ["right_eye", "left_eye"]].tolist() == list(face.eye_aspect_ratio())
    assert table.loc[0, "uncertainty"] == face.uncertainty and table.loc[0, "size"] == face.size
    assert list(measurements([])) == list(table) and len(measurements([])) == 0
    (of_15,) = FaceKeypoints(points=15).detect("astronaut")
    with pytest.raises(UsageError, match="no points on the eyelids"):
        measurements([of_15])

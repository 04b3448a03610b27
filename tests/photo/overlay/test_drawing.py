"""Faces drawn into their picture."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.overlay.drawing import draw_faces

SCHEMES = pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)


def changed(before, after):
    return (before != after).any(axis=2)


@SCHEMES
@pytest.mark.parametrize("size", [12, 80, 700])
def test_every_keypoint_is_marked_and_the_rest_of_the_picture_stays(scheme, size):
    picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    before = picture.copy()
    face = posed_face(picture, size=size, scheme=scheme)
    marks = changed(picture, draw_faces(picture, [face], boxes=False))
    assert (picture == before).all()
    for x, y in face.keypoints.round().astype(int):
        if 1 <= x < 399 and 1 <= y < 299:
            assert marks[y - 1 : y + 2, x - 1 : x + 2].any()
    far = np.ones((300, 400), bool)
    x0, y0, x1, y1 = (face.box + np.array([-5, -5, 5, 5])).clip(0).astype(int)
    far[y0:y1, x0:x1] = False
    assert not marks[far].any()


@pytest.mark.parametrize("value", [0, 255])
def test_marks_show_on_black_and_on_white(value):
    picture = blank(value=value)
    drawn = draw_faces(picture, [posed_face(picture)]).astype(int)
    assert np.abs(drawn - value).max(axis=2).max() > 150
    assert changed(picture, drawn).sum() > 500


@SCHEMES
@pytest.mark.parametrize("value", [0, 255])
def test_every_single_mark_shows_on_black_and_on_white(value, scheme):
    picture = blank(value=value)
    face = posed_face(picture, scheme=scheme)
    drawn = draw_faces(picture, [face], boxes=False).astype(int)
    contrast = np.abs(drawn - value).max(axis=2)
    for x, y in face.keypoints.round().astype(int):
        assert contrast[y - 2 : y + 3, x - 2 : x + 3].max() > 128


def test_each_box_has_the_number_and_the_confidence_of_its_face():
    def label(number, confidence):
        picture = blank()
        face = replace(posed_face(picture), number=number, confidence=confidence)
        drawn = draw_faces(picture, [face])
        return drawn[: int(face.box[1]) - 2]  # above the box

    first, second, doubtful = label(1, 0.99), label(2, 0.99), label(1, 0.84)
    assert (first != 128).any() and (first != second).any() and (first != doubtful).any()


@pytest.mark.parametrize("corner", [(-60, 80), (60, -60), (390, 80), (-60, -60)])
def test_the_label_of_a_face_at_the_border_is_in_the_picture(corner):
    def label(corner):
        picture = blank()
        face = replace(posed_face(picture), box=np.array([*corner, *np.add(corner, 100)]))
        return changed(
            draw_faces(picture, [face]), draw_faces(picture, [replace(face, number=1)])
        ).sum()

    assert label(corner) > 0.7 * label((100, 100))


def test_boxes_and_numbers_are_drawn_when_asked_for():
    picture = blank(600, 800)
    face = posed_face(picture, (400, 250), size=250)
    plain = draw_faces(picture, [face], boxes=False)
    x0, y0 = face.box[:2].round().astype(int)
    corner = np.s_[y0 - 1 : y0 + 2, x0 - 1 : x0 + 2]
    assert (plain[corner] == 128).all()
    assert (draw_faces(picture, [face])[corner] != 128).any()
    numbered = draw_faces(picture, [face], boxes=False, indices=True)
    assert changed(plain, numbered).sum() > 1000
    assert (numbered[corner] == 128).all()


def test_each_number_stands_beside_its_keypoint_and_hides_none():
    picture = blank(600, 800)
    face = posed_face(picture, (400, 250), size=250)
    plain = draw_faces(picture, [face], boxes=False)
    numbers = changed(plain, draw_faces(picture, [face], boxes=False, indices=True))
    near = np.zeros_like(numbers)
    for x, y in face.keypoints.round().astype(int):
        assert numbers[y - 30 : y + 30, x - 10 : x + 50].any()
        near[y - 40 : y + 40, x - 20 : x + 60] = True
    assert not numbers[~near].any()


def test_marks_follow_fractions_of_a_pixel():
    picture = blank(value=0)
    face = posed_face(picture, size=30)

    def middle(shift):
        moved = face_of(face.keypoints + np.array([shift, 0]), picture)
        weight = draw_faces(picture, [moved], boxes=False).sum(axis=2).astype(float)
        return (weight.sum(axis=0) * np.arange(400)).sum() / weight.sum()

    assert middle(0.5) - middle(0) == pytest.approx(0.5, abs=0.1)


@given(x=st.floats(-1e5, 1e5), y=st.floats(-1e5, 1e5), size=st.floats(1, 5000))
def test_a_face_may_be_partly_or_completely_outside_the_picture(x, y, size):
    picture = blank(40, 50)
    keypoints = posed_face(picture, (0, 0), 1).keypoints * size + [x, y]
    assert draw_faces(picture, [face_of(keypoints, picture)]).shape == picture.shape


def test_each_of_the_68_points_is_on_one_contour_and_eyes_and_lips_close():
    lines = IBUG68.contours
    assert sorted(index for line in lines for index in line.keypoints) == list(range(68))
    closed = sorted(line.keypoints[0] for line in lines if line.closed)
    assert closed == [36, 42, 48, 60]
    assert KAGGLE15.contours == ()


def test_an_uncertain_keypoint_is_hollow():
    picture = blank(600, 800)
    face = posed_face(picture, (400, 250), size=250, scheme=KAGGLE15)  # without lines
    x, y = face["nose_tip"].round().astype(int)
    errors = face.errors.copy()
    errors[KAGGLE15.nose_tip] = 100
    sure, unsure = (draw_faces(picture, [replace(face, errors=each)], boxes=False)
                    for each in (face.errors, errors))  # fmt: skip
    assert (sure[y, x] != 128).any() and (unsure[y, x] == 128).all()
    differing = np.argwhere(changed(sure, unsure))
    assert len(differing) and np.abs(differing - (y, x)).max() < 25


def test_lines_and_keypoints_are_as_wide_as_asked_for():
    picture = blank(600, 800)
    face = posed_face(picture, (400, 250), size=250)
    marks = [
        changed(picture, draw_faces(picture, [face], line_width=width)).sum() for width in (1, 2, 4)
    ]
    assert 1.4 * marks[0] < marks[1] and 1.4 * marks[1] < marks[2]


@pytest.mark.parametrize("error", [0, 99])
def test_wide_marks_are_not_cut_off_at_the_outermost_keypoints(error):
    """With a larger box, which is not drawn, there is more space to draw in."""
    picture = blank(600, 800)
    face = posed_face(picture, (400, 250), size=150, scheme=KAGGLE15)
    face = replace(face, errors=np.full(15, float(error)))
    spacious = replace(face, box=face.box + np.array([-100, -100, 100, 100]))
    near, far = (draw_faces(picture, [each], boxes=False, line_width=5)
                 for each in (face, spacious))  # fmt: skip
    assert (near == far).all()

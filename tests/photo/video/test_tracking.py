"""Faces from frame to frame: when the detector searches, and which number each face has."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data
from support.posed_faces import blank, posed_face

from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.video.tracking import SEARCH_EVERY, Tracker


class Finder:
    """Knows where the faces of each frame are; tracks those that were there before."""

    def __init__(self, frames):
        self.frames, self.current, self.searches = frames, -1, []

    def track(self, frame, before, *, search):
        assert not search
        self.current += 1
        present = {round(face.box[0]) for face in self.frames[self.current]}
        return [replace(face, number=None) for face in before if round(face.box[0]) in present]

    def with_others(self, frame, known):
        self.searches.append(self.current)
        places = {round(face.box[0]) for face in known}
        others = [f for f in self.frames[self.current] if round(f.box[0]) not in places]
        return [*known, *others]


@pytest.fixture
def two():
    """Two faces of one frame."""
    picture = blank()
    return [posed_face(picture, (100, 120), 50), posed_face(picture, (300, 120), 50)]


def track(frames):
    finder = Finder(frames)
    tracker = Tracker(finder)
    seen = [tracker.next(blank(), number / 30) for number in range(len(frames))]
    return [sorted(face.number for face in faces) for faces in seen], finder.searches


def test_others_are_searched_in_every_fifth_frame(two):
    numbers, searches = track([two[:1]] * 3 + [two] * 8)
    assert SEARCH_EVERY == 5 and searches == [0, 5, 10]
    assert numbers == [[1]] * 5 + [[1, 2]] * 6


def test_a_lost_face_is_searched_at_once_and_keeps_its_number(two):
    numbers, searches = track([two, two, two[1:], two[1:], two, two])
    assert searches == [0, 2, 3, 5]  # in frame 4 it is again where it was
    assert numbers == [[1, 2], [1, 2], [2], [2], [1, 2], [1, 2]]


def test_a_real_face_is_tracked_while_it_moves():
    """The picture moves by 3 pixels a frame."""
    tracker, astronaut = Tracker(FaceKeypoints()), data.astronaut()
    found = [
        tracker.next(np.roll(astronaut, 3 * number, axis=1), number / 30) for number in range(7)
    ]
    assert [[face.number for face in faces] for faces in found] == [[1]] * 7
    moved = (found[-1][0].keypoints - found[0][0].keypoints).mean(axis=0)
    assert moved == pytest.approx([18, 0], abs=3)

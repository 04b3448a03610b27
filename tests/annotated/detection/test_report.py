"""What the detections in photographs are worth."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_photographs import drawn_photographs

from kaggle_fkd.annotated.detection.report import match, write_detection
from kaggle_fkd.photo.detection.detect import Detections


@pytest.fixture
def photographs():
    """Two photographs with two faces each, two without."""
    return drawn_photographs(2, faces=2)


def detections(photographs, **changed):
    """Every face, with a score of 0.9, but for the photographs in `changed`."""
    exact = [
        Detections(np.full(len(rows), 0.9, np.float32), photographs.faces[rows])
        for rows in photographs.faces_of
    ]
    for name, found in changed.items():
        exact[int(name[1:])] = found
    return exact


def found(scores, faces):
    return Detections(np.array(scores, np.float32), np.array(faces, np.float32))


def test_right_detections_find_every_face(photographs):
    matches = match(photographs, detections(photographs))
    assert np.allclose(matches.scores, 0.9) and len(matches.false_positives) == 0


def test_a_second_detection_of_a_face_is_false(photographs):
    twice = np.repeat(photographs.faces[:1], 2, axis=0)
    matches = match(photographs, detections(photographs, p0=found([0.9, 0.4], twice)))
    assert np.allclose(matches.scores, [0.9, 0, 0.9, 0.9])
    assert np.allclose(matches.false_positives, 0.4)


def test_what_is_found_where_no_face_is_counts(photographs):
    elsewhere = found([0.7], [[20, 20, 15, 18, 18, 22, 18]])
    matches = match(photographs, detections(photographs, p2=elsewhere))
    assert np.allclose(matches.false_positives, 0.7)
    incomplete = replace(photographs, complete=np.array([True, True, False, True]))
    assert len(match(incomplete, detections(photographs, p2=elsewhere)).false_positives) == 0


def test_ignored_faces_count_neither_way(photographs):
    ignored = replace(photographs, ignored=np.array([True, False, False, False]))
    matches = match(ignored, detections(photographs))
    assert matches.scores[0] == 0 and len(matches.false_positives) == 0


def test_nothing_found_is_no_error(photographs):
    matches = match(photographs, [Detections.none() for _ in range(4)])
    assert (matches.scores == 0).all() and len(matches.false_positives) == 0


def test_the_report_has_a_curve_and_sizes(photographs, tmp_path):
    lines = write_detection(tmp_path, photographs, detections(photographs), {"commit": "abc"})
    assert {path.name for path in tmp_path.iterdir()} == {
        "curve.csv", "curve.png", "sizes.csv", "evaluation.json",
    }  # fmt: skip
    assert lines[1] == (
        "score 0.5: 100.0% of 4 faces found, 0 false positives in 4 completely labelled photographs"
    )

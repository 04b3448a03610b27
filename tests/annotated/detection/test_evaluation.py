"""What the detections in photographs are worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.made_up_photographs import drawn_photographs

from kaggle_fkd.annotated.detection.evaluation import (
    detections_of,
    found_by_roll,
    match,
    write_detection,
    write_detections,
)
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
    assert matches.false_at.tolist() == [[2, 0]]
    incomplete = replace(photographs, complete=np.array([True, True, False, True]))
    assert len(match(incomplete, detections(photographs, p2=elsewhere)).false_positives) == 0


def test_detections_are_read_as_they_were_written(photographs, tmp_path):
    written = detections(
        photographs, p2=found([0.7, 1 / 3], np.random.default_rng(0).random((2, 7)))
    )
    write_detections(tmp_path / "detections.csv", written)
    read = detections_of(pd.read_csv(tmp_path / "detections.csv"), len(photographs))
    for one, other in zip(written, read, strict=True):
        assert np.array_equal(one.scores, other.scores) and np.array_equal(one.faces, other.faces)


def test_faces_are_found_by_how_far_they_are_rolled_where_their_eyes_are_labelled(photographs):
    faces = photographs.faces.copy()
    faces[:, 3:] = [[0, 0, 9, 0], [9, 0, 0, 0], [0, 0, 0, 9], [0, 0, 9, 9]]  # 0, 180, 90 degrees
    exact = np.array([True, True, True, False])
    rolled = replace(photographs, faces=faces, exact_eyes=exact)
    missed = detections(rolled, p0=Detections.none())
    table = found_by_roll(rolled, match(rolled, missed)).set_index("from")
    assert table["faces"].tolist() == [1, 0, 0, 1, 1]
    assert table["found"].dropna().to_dict() == {0: 0, 90: 1, 135: 0}


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
        "curve.csv", "curve.png", "sizes.csv", "rolls.csv", "detections.csv", "evaluation.json",
    }  # fmt: skip
    assert lines[1] == (
        "score 0.5: 100.0% of 4 faces found, 0 false positives in 4 completely labelled photographs"
    )

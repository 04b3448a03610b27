"""What `benchmarks/peers.py` computes without the other packages."""

from pathlib import Path

import numpy as np
import pytest
from support.annotated_pictures import a_shape

from benchmarks.peer.placement import Placement
from benchmarks.peer.process import Answers, PeerError
from benchmarks.peer.tasks import Faces, Photographs, Tasks
from benchmarks.peer.worker import MediaPipe
from benchmarks.peers import ALL, INNER, PEERS, Peer, accuracy, detection, measure
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points
from kaggle_fkd.photo.detectors import faces_in_boxes

FACES = face_of_points(np.stack([a_shape(seed) for seed in range(6)]))
HIGHER = Placement(0.05, -0.2, 1.4)


def annotated(folder, conventions):
    pictures = [
        AnnotatedPicture(FileTree(folder), f"{seed}.png", a_shape(seed), "", convention)
        for seed, convention in enumerate(conventions)
    ]
    return Faces(pictures, [f"{seed}.npy" for seed in range(len(pictures))], np.array(conventions))


def answers(values):
    return Answers(list(values), np.arange(len(values)) + 1.0, 0.0, 0.0)


def test_boxes_are_converted_there_and_back():
    there = HIGHER.boxes(FACES)
    middle = (there[:, :2] + there[:, 2:] - 1) / 2
    assert middle == pytest.approx(FACES[:, CENTRE] + FACES[:, [SIZE]] * (0.05, -0.2), abs=1e-4)
    assert there[:, 2] - there[:, 0] == pytest.approx(1.4 * FACES[:, SIZE])
    back = HIGHER.faces(there)
    assert back[:, :3] == pytest.approx(FACES[:, :3], abs=1e-3)


def test_our_own_boxes_are_those_of_the_keypoints():
    ours = next(peer for peer in PEERS if peer.name == "Ours")
    boxes = np.stack([box_of_keypoints(a_shape(seed)) for seed in range(6)])
    assert ours.placement.faces(boxes)[:, :3] == pytest.approx(FACES[:, :3], abs=1e-3)
    own = faces_in_boxes(ours.placement.boxes(FACES))
    assert own[:, :3] == pytest.approx(FACES[:, :3], abs=1e-3)


def test_the_conversion_is_fitted_without_missed_faces_and_false_boxes():
    found = [np.stack([[500, 500, 600, 600], box]) for box in HIGHER.boxes(FACES)]
    found[2] = np.zeros((0, 4))
    fitted = Placement.fitted(FACES, found)
    assert [fitted.x, fitted.y, fitted.side] == pytest.approx([0.05, -0.2, 1.4], abs=1e-3)
    with pytest.raises(PeerError, match="none of 6 training faces"):
        Placement.fitted(FACES, [np.zeros((0, 4))] * 6)


def test_every_keypoint_but_the_jaw_has_points_of_the_mesh():
    mapping = MediaPipe.IBUG_17_TO_67
    assert len(mapping) == len(INNER) and len(set(mapping)) == len(INNER)
    assert all(0 <= index < 478 for points in mapping for index in points)
    known = {36: 33, 39: 133, 42: 362, 45: 263, 48: 61, 54: 291, 30: 4}  # corners, tip of the nose
    assert {ibug: mapping[ibug - 17] for ibug in known} == {k: (v,) for k, v in known.items()}


def test_errors_are_given_with_and_without_what_is_learnt_from_training_faces(tmp_path):
    """Frames are labelled 3 % of the eye distance further to the left."""
    faces = annotated(tmp_path, ["photographs", "frames", "frames", "photographs"])
    unit = np.linalg.norm(faces.truth[:, 45] - faces.truth[:, 36], axis=1)[:, None, None]
    off = np.where(faces.conventions == "frames", 0.03, 0)[:, None, None] * [1, 0] * unit
    predicted = (faces.truth + off)[:, 17:].tolist()
    found = [{"boxes": [], "points": [(np.array(each) + 500).tolist(), each]} for each in predicted]
    missed = {"boxes": [], "points": []}
    given = iter([
        answers(predicted), answers([*predicted[:3], None]),
        answers(found), answers([found[0], missed, missed, found[3]]),
    ])  # fmt: skip
    tasks = Tasks(faces, faces, [], "")
    table = accuracy(Peer("it", (), INNER), HIGHER, tasks, lambda jobs: next(given))
    assert table["faces"].to_dict() == {ALL: 4, "photographs": 2, "frames": 2}
    assert table["in_box_without"].to_dict() == {ALL: 1, "photographs": 1, "frames": 0}
    assert table["in_box_nme_51"].to_dict() == pytest.approx(
        {ALL: 2, "photographs": 0, "frames": 3}
    )
    assert table["in_box_nme_51_shifted"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert table["in_box_nme_68"].isna().all()
    assert table["in_box_ms"][ALL] == 2.5
    assert table["as_found_without"].to_dict() == {ALL: 2, "photographs": 0, "frames": 2}
    assert table["as_found_nme_51"][ALL] == pytest.approx(0, abs=1e-9)


def test_false_boxes_count_where_all_faces_are_labelled():
    def photographs(name, complete):
        dataset = PhotographDataset(
            [np.zeros((160, 200), np.uint8)] * 2, np.full(2, complete), np.arange(2), FACES[:2],
            np.arange(2), np.zeros(2, bool), np.ones(2, bool),
        )  # fmt: skip
        return Photographs(name, dataset, ["0.npy", "1.npy"])

    boxes = HIGHER.boxes(FACES[:2]).tolist()
    found = [{"boxes": [boxes[0], [900, 900, 950, 950]]}, {"boxes": []}]
    sets = [photographs("crowds", True), photographs("portraits", False)]
    table = detection(HIGHER, sets, lambda jobs: answers([*found, *found]))
    assert table["faces_to_find"].to_dict() == {ALL: 4, "crowds": 2, "portraits": 2}
    assert table["faces_found"].to_dict() == {ALL: 2, "crowds": 1, "portraits": 1}
    assert table["false_boxes"].fillna(-1).to_dict() == {ALL: 1, "crowds": 1, "portraits": -1}


@pytest.mark.slow
def test_a_peer_that_cannot_be_installed_is_a_row_with_the_reason(tmp_path):
    peer = Peer("Missing", (str(tmp_path / "no" / "such" / "package"),))
    (row,) = measure(peer, Tasks(*[None] * 4), tmp_path / "environment").to_dict("records")
    assert row["peer"] == "Missing" and row["set"] == ALL
    assert row["note"].startswith("not measured: ERROR: Invalid requirement")
    assert Path(tmp_path / "environment" / "bin" / "python").exists()

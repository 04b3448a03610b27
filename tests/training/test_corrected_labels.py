"""Corrected labels: COCO keypoints out to a labelling tool, and back as label fixes."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import varied_faces, with_margin, with_noise_and_errors
from support.small_runs import quick

from kaggle_fkd.errors import DataError
from kaggle_fkd.evaluation.coco_pictures import write_pictures
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.training.corrected_labels import fixes_in
from kaggle_fkd.training.data import same_data
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.label_fixes import DROP, MOVE, Fix, apply_fixes, read_fixes, write_fixes
from kaggle_fkd.training.select import TrainingRequest, choose_run

NOSE = KAGGLE15.nose_tip
LABEL, PREDICTION = 1, 2
"""The categories in a file that an evaluation wrote."""


@pytest.fixture(scope="module")
def faces():
    """12 of convention A, rows 100 to 111; 4 of convention B, rows 112 to 115. Row 101 lacks a
    nose."""
    faces = varied_faces(12, 4)
    keypoints = faces.keypoints.copy()
    keypoints[1, NOSE] = np.nan
    return replace(faces, keypoints=keypoints)


@pytest.fixture
def coco(tmp_path, faces):
    """The file that an evaluation writes for these faces."""
    write_pictures(tmp_path / "faces", with_noise_and_errors(faces), faces)
    return tmp_path / "faces" / "coco.json"


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def label_of(document, row):
    """The annotation with a face's labels, as an evaluation wrote it."""
    (annotation,) = (
        each
        for each in document["annotations"]
        if each["image_id"] == row and each["category_id"] == LABEL
    )
    return annotation


def correct(document):
    """A move, a move that is too small to be one, an added label, a drop, a face dropped."""
    label_of(document, 100)["keypoints"][3 * NOSE : 3 * NOSE + 2] = [40.5, 50.75]
    label_of(document, 100)["keypoints"][0] += 0.04
    label_of(document, 101)["keypoints"][3 * NOSE : 3 * NOSE + 3] = [48, 57.5, 1]
    label_of(document, 112)["keypoints"][3 * NOSE + 2] = 0
    label_of(document, 113)["keypoints"] = [0] * 45
    label_of(document, 113)["num_keypoints"] = 0


CORRECTED = (
    Fix(100, "nose_tip", MOVE, 40.0, 50.25),
    Fix(101, "nose_tip", MOVE, 47.5, 57.0),
    Fix(112, "nose_tip", DROP),
    Fix(113, "", DROP),
)
"""What `correct` changes."""


def as_cvat_exports(document):
    """Other numbers, other members, folders, another order of keypoints and only some faces."""
    document["licenses"], document["info"] = [{"name": "", "id": 0, "url": ""}], {"year": ""}
    document["images"] = document["images"][::-1]
    numbers = {image["id"]: number for number, image in enumerate(document["images"], 1)}
    for image in document["images"]:
        image.update(id=numbers[image["id"]], file_name=f"default/{image['file_name']}", license=0)
    category = document["categories"][LABEL - 1]
    order = np.random.default_rng(0).permutation(len(KAGGLE15.names))
    category.update(name="face", keypoints=[KAGGLE15.names[k] for k in order])
    document["categories"].append({"id": 9, "name": "box"})
    labels = [each for each in document["annotations"] if each["category_id"] == LABEL]
    for each in labels:
        triples = np.reshape(each["keypoints"], (-1, 3))[order]
        each.update(image_id=numbers[each["image_id"]], keypoints=triples.ravel().tolist())
        each["attributes"] = {"occluded": False}
    kept = [numbers[row] for row in (100, 101, 105, 112, 113)]
    labels = [each for each in labels if each["image_id"] in kept]
    box = {"id": 99, "image_id": 1, "category_id": 9, "bbox": [0, 0, 9, 9]}
    document["annotations"] = [*labels, box]


def as_label_studio_names_pictures(document):
    for image in document["images"]:
        image["file_name"] = f"..\\images\\0a1b2c3d-{image['file_name']}"


@pytest.mark.parametrize(
    "export", [lambda document: None, as_cvat_exports, as_label_studio_names_pictures],
    ids=["as written", "CVAT", "Label Studio"],
)  # fmt: skip
def test_labels_that_were_corrected_in_a_tool_are_fixes(tmp_path, coco, faces, export):
    edit(coco, correct)
    edit(coco, export)
    write_fixes(tmp_path / "from_coco.csv", fixes_in(coco, faces))
    write_fixes(tmp_path / "by_hand.csv", CORRECTED)
    assert (tmp_path / "from_coco.csv").read_text() == (tmp_path / "by_hand.csv").read_text()
    assert fixes_in(tmp_path / "by_hand.csv", faces) == CORRECTED


def test_labels_that_were_not_touched_are_no_fixes(coco, faces):
    assert fixes_in(coco, faces) == ()


def test_the_labels_of_chips_with_a_margin_come_back(tmp_path, faces):
    wide = with_margin(faces)
    write_pictures(tmp_path, with_noise_and_errors(wide.inner()), wide.inner())
    edit(tmp_path / "coco.json", correct)
    fixes = fixes_in(tmp_path / "coco.json", wide)
    assert fixes == CORRECTED
    expected = apply_fixes(faces, CORRECTED).keypoints
    np.testing.assert_allclose(apply_fixes(wide, fixes).inner().keypoints, expected, atol=1e-4)


def change(row, **values):
    return lambda document: label_of(document, row).update(values)


def rename(name):
    return lambda document: document["images"][3].update(file_name=name)


def duplicate(document):
    document["annotations"].append({**label_of(document, 104), "id": 77})


def mark_a_brow(document):
    k = KAGGLE15.index("left_eyebrow_inner_end")
    label_of(document, 112)["keypoints"][3 * k : 3 * k + 3] = [60, 30, 2]


FAR_AWAY = [900, 3, 2] + [5, 6, 2] * 4 + [7, 6, 2] * 10


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (rename("nose.png"), "annotation 7: its picture 'nose.png' is not named by a row"),
        (rename("7.png"), "annotation 7: row 7 is not a training face"),
        (duplicate, "annotation 77: row 104 has labels in annotation 9, too"),
        (mark_a_brow, "annotation 25: row 112 is labelled in convention B"),
        (change(104, keypoints=[1, 2, 2]), "annotation 9: keypoints are 3 instead of 45"),
        (change(104, keypoints=FAR_AWAY), "annotation 9: x 899.5, y 2.5 is"),
        (change(104, keypoints=[0, 0, 0] + ["a", 6, 2] * 14), "not a finite number: 'a'"),
        (change(104, image_id=7), "annotation 9: nothing has its image_id, '7'"),
        (lambda document: document.pop("categories"), "not a COCO file with keypoints"),
    ],
)
def test_what_does_not_fit_is_named(coco, faces, spoil, problem):
    edit(coco, spoil)
    with pytest.raises(DataError) as caught:
        fixes_in(coco, faces)
    assert caught.value.problem.startswith(str(coco))
    assert problem in caught.value.problem and caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"[]", b'{"images": [', b"\xff\xfe"])
def test_a_file_that_is_not_coco_is_named(tmp_path, faces, content):
    (tmp_path / "labels.json").write_bytes(content)
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path / "labels.json", tmp_path / "none.json", tmp_path / "pipe.json"):
        with pytest.raises(DataError) as caught:
            fixes_in(path, faces)
        assert str(path) in caught.value.problem and "train.label_fixes" in caught.value.remedy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_run_keeps_a_copy_of_corrected_labels(tmp_path, coco, faces, encoding):
    edit(coco, correct)
    coco.write_text(coco.read_text(), encoding)  # a redirection of PowerShell writes UTF-16
    data = KeypointData(faces)
    config = quick(label_fixes=str(coco), folds=4)
    request = TrainingRequest(tmp_path / "runs", data, False, config)
    run = choose_run(request, "a CPU")
    coco.unlink()
    assert same_data(run, data) and run in runs_in(tmp_path / "runs")
    assert fixes_in(run.label_files.fixes, faces) == CORRECTED
    assert run.record["data_hash"] == apply_fixes(faces, CORRECTED).digest()
    write_fixes(tmp_path / "fixes.csv", CORRECTED)
    assert read_fixes(tmp_path / "fixes.csv", faces) == CORRECTED
    by_hand = quick(label_fixes=str(tmp_path / "fixes.csv"), folds=4)
    assert run.matches(by_hand, run.record["data_hash"])

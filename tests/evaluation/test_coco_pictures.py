"""Faces as pictures with COCO keypoints."""

import json
from dataclasses import replace

import numpy as np
from PIL import Image
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.evaluation.coco_pictures import write_pictures
from kaggle_fkd.keypoints.uncertainty import uncertain_keypoints


def test_faces_are_pictures_with_their_labels_and_predictions(tmp_path, competition):
    faces = competition.train[::-20]  # of both conventions; rows are not positions
    predicted = with_noise_and_errors(faces)
    predicted[:, 2, 2] = 30  # uncertain
    write_pictures(tmp_path / "faces", predicted, faces)
    document = json.loads((tmp_path / "faces" / "coco.json").read_text())
    assert [image["id"] for image in document["images"]] == faces.ids.tolist()
    assert [each["name"] for each in document["categories"]] == ["label", "prediction"]
    for image in document["images"]:
        index = faces.ids.tolist().index(image["id"])
        written = np.asarray(Image.open(tmp_path / "faces" / image["file_name"]))
        assert written.shape == (image["height"], image["width"])
        np.testing.assert_array_equal(written, faces.images[index])
        label, prediction = (
            each for each in document["annotations"] if each["image_id"] == image["id"]
        )
        marked = faces.marked[index]
        uncertain = uncertain_keypoints(predicted[index, marked, :2], predicted[index, marked, 2])
        for annotation, keypoints, known, visible in (
            (label, faces.keypoints[index], faces.labelled[index], 2),
            (prediction, predicted[index, :, :2], marked, 2 - uncertain),
        ):
            triples = np.reshape(annotation["keypoints"], (-1, 3))
            assert (triples[known, 2] == visible).all() and (triples[~known] == 0).all()
            np.testing.assert_allclose(triples[known, :2], keypoints[known] + 0.5, atol=0.0051)
        assert "score" not in label and 0 <= prediction["score"] < 1
    visibility = {v for each in document["annotations"] for v in each["keypoints"][2::3]}
    assert visibility == {0, 1, 2}


def test_a_face_without_labels_has_its_prediction_alone(tmp_path, competition):
    faces = competition.train[:2]
    keypoints = faces.keypoints.copy()
    keypoints[1] = np.nan
    write_pictures(tmp_path, with_noise_and_errors(faces), replace(faces, keypoints=keypoints))
    document = json.loads((tmp_path / "coco.json").read_text())
    assert [each["category_id"] for each in document["annotations"]] == [1, 2, 2]


def test_without_faces_the_file_is_empty(tmp_path, competition):
    faces = competition.train[:0]
    write_pictures(tmp_path, with_noise_and_errors(faces), faces)
    document = json.loads((tmp_path / "coco.json").read_text())
    assert document["images"] == [] == document["annotations"]

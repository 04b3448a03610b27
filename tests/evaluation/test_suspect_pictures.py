"""The suspected faces as pictures with COCO keypoints."""

import json

import numpy as np
from PIL import Image
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.evaluation.audit import audit
from kaggle_fkd.evaluation.suspect_pictures import write_suspects


def test_suspected_faces_are_pictures_with_their_labels_and_predictions(tmp_path, competition):
    faces = competition.train[::-1]  # rows are not positions
    predicted = with_noise_and_errors(faces)
    table = audit(predicted, faces)
    table["suspected"] = table.index < 6
    write_suspects(tmp_path / "suspects", predicted, faces, table)
    document = json.loads((tmp_path / "suspects" / "coco.json").read_text())
    assert [image["id"] for image in document["images"]] == table["row"].head(6).tolist()
    assert [each["name"] for each in document["categories"]] == ["label", "prediction"]
    for image in document["images"]:
        index = faces.ids.tolist().index(image["id"])
        written = np.asarray(Image.open(tmp_path / "suspects" / image["file_name"]))
        assert written.shape == (image["height"], image["width"])
        np.testing.assert_array_equal(written, faces.images[index])
        label, prediction = (
            np.reshape(each["keypoints"], (-1, 3))
            for each in document["annotations"]
            if each["image_id"] == image["id"]
        )
        for triples, keypoints, known in (
            (label, faces.keypoints[index], faces.labelled[index]),
            (prediction, predicted[index, :, :2], faces.marked[index]),
        ):
            assert (triples[:, 2] == np.where(known, 2, 0)).all()
            np.testing.assert_allclose(triples[known, :2], keypoints[known] + 0.5, atol=0.0051)


def test_without_suspected_faces_the_file_is_empty(tmp_path, competition):
    faces = competition.train[:5]
    predicted = with_noise_and_errors(faces)
    table = audit(predicted, faces)
    table["suspected"] = False
    write_suspects(tmp_path, predicted, faces, table)
    document = json.loads((tmp_path / "coco.json").read_text())
    assert document["images"] == [] == document["annotations"]

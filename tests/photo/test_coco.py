"""The faces of pictures as a COCO file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.posed_faces import blank, posed_face

from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.coco import coco_document, write_coco


def a_picture(path, *faces):
    return {"input": str(path), "width": 400, "height": 300,
            "faces": [face.as_dict() for face in faces]}  # fmt: skip


def test_every_face_is_an_annotation_of_its_picture(tmp_path):
    face, other = posed_face(blank()), posed_face(blank(), (100, 150), 40)
    pictures = [a_picture(tmp_path / "a.jpg", face, other), a_picture(tmp_path / "wall.jpg"),
                a_picture(tmp_path / "b.jpg", other)]  # fmt: skip
    document = coco_document(pictures, IBUG68)
    assert [image["id"] for image in document["images"]] == [1, 2, 3]
    assert document["images"][1] == {"id": 2, "file_name": "wall.jpg", "width": 400, "height": 300}
    annotations = document["annotations"]
    assert [each["id"] for each in annotations] == [1, 2, 3]
    assert [each["image_id"] for each in annotations] == [1, 1, 3]
    (category,) = document["categories"]
    assert category["keypoints"] == list(IBUG68.names)
    for annotation, found in zip(annotations, (face, other, other), strict=True):
        assert annotation["category_id"] == category["id"] and annotation["score"] == 0.9
        x, y, width, height = annotation["bbox"]
        assert [x, y, x + width, y + height] == pytest.approx(found.box, abs=0.02)
        assert annotation["area"] == pytest.approx(width * height, rel=1e-3)
        triples = np.reshape(annotation["keypoints"], (68, 3))
        np.testing.assert_allclose(triples[:, :2], found.keypoints + 0.5, atol=0.011)
        assert annotation["num_keypoints"] == 68


def test_uncertain_keypoints_are_not_visible(tmp_path):
    face = posed_face(blank())
    errors = np.where(np.arange(68) < 17, 0.06, 0.04) * face.size
    document = coco_document([a_picture(tmp_path / "a.jpg", replace(face, errors=errors))], IBUG68)
    visibility = document["annotations"][0]["keypoints"][2::3]
    assert visibility == [1] * 17 + [2] * 51


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (["holiday/a.jpg", "holiday/b/c.jpg"], ["a.jpg", "b/c.jpg"]),
        (["one/a.jpg", "two/a.jpg"], ["one/a.jpg", "two/a.jpg"]),
        (["one/../two/a.jpg"], ["a.jpg"]),
        (["astronaut"], ["astronaut"]),
        ([], []),
    ],
)
def test_files_are_named_by_their_paths_in_the_folder_of_all(inputs, names):
    document = coco_document([a_picture(path) for path in inputs], IBUG68)
    assert [image["file_name"] for image in document["images"]] == names


def test_failed_inputs_and_videos_are_left_out(tmp_path, capfd):
    video = {"input": "clip.mp4", "width": 4, "height": 4, "times": [], "frames": []}
    records = [video, {"input": "torn.png", "error": "damaged"}, a_picture(tmp_path / "a.jpg"),
               video | {"input": "other.mp4"}]  # fmt: skip
    write_coco(tmp_path, records, IBUG68)
    document = json.loads((tmp_path / "coco.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["a.jpg"]
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "left out" in line]
    assert "2 videos left out" in line

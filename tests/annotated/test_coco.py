"""Pictures with COCO keypoints, good and bad."""

import json

import numpy as np
import pytest
from support.annotated_pictures import (
    FIVE,
    a_shape,
    coco_of,
    write_coco,
    write_picture,
    write_pts,
    zipped,
)

from kaggle_fkd.annotated.load import find_pictures, load_annotated
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15

LAYOUTS = {
    "beside": ("labels.json", ""),
    "Label Studio": ("result.json", "images"),
    "FiftyOne": ("labels.json", "data"),
    "CVAT": ("annotations/person_keypoints_default.json", "images/default"),
}
"""Where tools put the annotations, and the pictures."""


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15, FIVE], ids=lambda scheme: scheme.name)
def test_annotated_pictures_are_found_where_tools_put_them(tmp_path, layout, scheme):
    file, folder = LAYOUTS[layout]
    write_coco(tmp_path, file, folder, scheme=scheme)
    for path in (tmp_path, zipped(tmp_path, tmp_path.parent / "labels.zip", "top")):
        pictures = find_pictures(path, scheme)
        assert [picture.name.rpartition("/")[2] for picture in pictures] == ["a.jpg", "b.png"]
        for seed, picture in enumerate(pictures):
            np.testing.assert_allclose(picture.keypoints, a_shape(seed, scheme), atol=1e-9)
            assert picture.load().shape == (160, 200, 3)
        assert pictures[0].subject != pictures[1].subject


def test_file_names_may_have_folders_even_of_windows(tmp_path):
    write_coco(tmp_path, pictures="images/one", names=("a.jpg",))
    for file_name in ("one/a.jpg", r"images\one\a.jpg", "./images/one/a.jpg"):
        change(tmp_path, "images", file_name=file_name)
        assert find_pictures(tmp_path, IBUG68)[0].name == "images/one/a.jpg"


def test_coco_and_pts_files_of_the_same_faces_give_the_same_chips(tmp_path):
    pts = write_pts(tmp_path / "pts", ("a.jpg", "b.png"), FIVE)
    coco = write_coco(tmp_path / "coco", scheme=FIVE)
    expected, faces = (load_annotated([path], FIVE, 32, 4) for path in (pts, coco))
    np.testing.assert_allclose(faces.keypoints, expected.keypoints, atol=1e-4)
    np.testing.assert_allclose(faces.images.astype(int), expected.images.astype(int), atol=1)
    assert faces.convention.tolist() == expected.convention.tolist()


def test_names_decide_in_which_order_keypoints_are(tmp_path):
    write_coco(tmp_path, names=("a.jpg",))
    labels = tuple(reversed(FIVE.names))
    (tmp_path / "labels.json").write_text(json.dumps(coco_of(("a.jpg",), FIVE, labels)))
    (picture,) = find_pictures(tmp_path, FIVE)
    np.testing.assert_allclose(picture.keypoints, a_shape(0, FIVE))


def test_keypoints_of_other_names_are_taken_in_their_order(tmp_path):
    write_coco(tmp_path, names=("a.jpg",))
    labels = ("1", "2", "3", "4", "5")
    (tmp_path / "labels.json").write_text(json.dumps(coco_of(("a.jpg",), FIVE, labels)))
    (picture,) = find_pictures(tmp_path, FIVE)
    np.testing.assert_allclose(picture.keypoints, a_shape(0, FIVE))


def test_faces_with_missing_keypoints_are_left_out_and_counted(tmp_path, capfd):
    write_coco(tmp_path, names=("a.jpg", "b.jpg", "c.jpg"), scheme=FIVE)
    document = json.loads((tmp_path / "labels.json").read_text())
    document["annotations"][0]["keypoints"][:3] = [0, 0, 0]
    del document["annotations"][2]["keypoints"]  # only a box
    (tmp_path / "labels.json").write_text(json.dumps(document))
    (picture,) = find_pictures(tmp_path, FIVE)
    assert picture.name == "b.jpg"
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "left out" in line]
    assert "labels.json: 2 faces left out" in line


def test_faces_with_a_score_were_labelled_by_a_network(tmp_path, capfd):
    write_coco(tmp_path, names=("a.jpg", "b.jpg"), scheme=FIVE)
    assert load_annotated([tmp_path], FIVE, 32, 4).predicted is None
    change(tmp_path, "annotations", score=0.9)
    faces = load_annotated([tmp_path], FIVE, 32, 4)
    assert faces.predicted is not None and faces.predicted.tolist() == [True, False]
    assert "labels.json: 1 face with a score" in capfd.readouterr().err


def test_a_network_is_not_trained_on_pictures_that_it_holds_out(tmp_path, capfd):
    write_coco(tmp_path / "labelled", names=("a.jpg", "b.jpg"), scheme=FIVE)
    write_coco(tmp_path / "more", names=("a.jpg", "c.png"), scheme=FIVE)
    change(tmp_path / "more", "annotations", score=0.9)  # of a.jpg, which people labelled
    faces = load_annotated([tmp_path / "labelled", tmp_path / "more"], FIVE, 32, 4)
    assert len(faces) == 3 and faces.predicted is None
    assert "1 face that a network labelled left out" in capfd.readouterr().err


def test_several_faces_in_a_picture_are_one_person(tmp_path):
    write_coco(tmp_path, names=("a.jpg", "b.jpg"), scheme=FIVE)
    document = json.loads((tmp_path / "labels.json").read_text())
    document["annotations"][1]["image_id"] = 0
    (tmp_path / "labels.json").write_text(json.dumps(document))
    first, second = find_pictures(tmp_path, FIVE)
    assert first.name == second.name and first.subject == second.subject


def test_annotations_of_categories_without_keypoints_are_left_out(tmp_path):
    write_coco(tmp_path, names=("a.jpg",), scheme=FIVE)
    document = json.loads((tmp_path / "labels.json").read_text())
    document["annotations"].append({"id": 5, "image_id": 0, "category_id": 3, "bbox": [0, 0, 9, 9]})
    (tmp_path / "labels.json").write_text(json.dumps(document))
    assert len(find_pictures(tmp_path, FIVE)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[1, 2]", "null", "not JSON at all", "[" * 100_000, '{"images": [], "faces": []}',
        json.dumps(coco_of(("a.jpg",)) | {"categories": [{"id": 7, "name": "box"}]}),
        json.dumps({"images": 1, "annotations": 2, "categories": 3}),
    ],
)  # fmt: skip
def test_other_json_files_are_ignored(tmp_path, text):
    write_pts(tmp_path, ("a.jpg",))
    (tmp_path / "other.json").write_text(text)
    assert len(find_pictures(tmp_path, IBUG68)) == 1


def test_other_json_files_alone_are_no_data(tmp_path):
    (tmp_path / "faces.json").write_text("{}")
    with pytest.raises(NoDataError, match="COCO keypoints"):
        find_pictures(tmp_path, IBUG68)


def change(folder, part, **values):
    """Give the first picture, annotation or last category of the COCO file other values."""
    document = json.loads((folder / "labels.json").read_text())
    document[part][-1 if part == "categories" else 0].update(values)
    (folder / "labels.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("part", "values", "problem"),
    [
        ("annotations", {"keypoints": [1, 2, 2]}, "annotation 10: keypoints are 3 instead of 15"),
        ("annotations", {"keypoints": "1 2 2"}, "annotation 10: keypoints are '1 2 2' instead"),
        ("annotations", {"keypoints": None}, "annotation 10: keypoints are 'None' instead of 15"),
        ("annotations", {"keypoints": [1, "x", 2] * 5}, "annotation 10: not a finite number: 'x'"),
        ("annotations", {"keypoints": [1, [], 2] * 5}, "annotation 10: not a finite number"),
        ("annotations", {"keypoints": [1, 2, "0"] * 5}, "annotation 10: v is '0' instead of 0, 1"),
        ("annotations", {"keypoints": [1, float("nan"), 2] * 5}, "annotation 10: not a finite"),
        ("annotations", {"keypoints": [1, 1e300, 2] * 5}, "annotation 10: outside of every"),
        ("annotations", {"keypoints": [5, 5, 2] * 5}, "annotation 10: all points have the same"),
        ("annotations", {"image_id": 99}, "annotation 10: nothing has its image_id, '99'"),
        ("annotations", {"image_id": []}, "annotation 10: nothing has its image_id, '[]'"),
        ("annotations", {"category_id": None}, "annotation 10: nothing has its category_id"),
        ("images", {"file_name": "gone.jpg"}, "annotation 10: there is no picture 'gone.jpg'"),
        ("images", {"file_name": None}, "annotation 10: there is no picture"),
        ("images", {"file_name": ""}, "annotation 10: there is no picture ''"),
        ("images", {"file_name": "/etc/passwd"}, "annotation 10: there is no picture"),
        ("images", {"file_name": "../labels.json"}, "annotation 10: there is no picture"),
        ("images", {"id": 1}, "two of the images have the id '1'"),
        ("categories", {"keypoints": ["a", "b"]}, "category face: 2 keypoints instead of 5"),
        ("categories", {"keypoints": [*"abcd", "nose"]}, "category face: there is no keypoi"),
    ],
)
def test_a_wrong_coco_file_is_named(tmp_path, part, values, problem):
    write_coco(tmp_path, scheme=FIVE)
    change(tmp_path, part, **values)
    with pytest.raises(DataError) as caught:
        find_pictures(tmp_path, FIVE)
    assert caught.value.problem.startswith(str(tmp_path / "labels.json"))
    assert problem in caught.value.problem and caught.value.remedy


def test_a_picture_that_is_not_beside_the_file_must_be_the_only_one_of_its_name(tmp_path):
    write_coco(tmp_path, pictures="one", names=("a.jpg",), scheme=FIVE)
    write_picture(tmp_path / "two" / "a.jpg", 1)
    with pytest.raises(DataError, match=r"annotation 10: 2 pictures are called 'a\.jpg'"):
        find_pictures(tmp_path, FIVE)
    change(tmp_path, "images", file_name="two/a.jpg")
    assert find_pictures(tmp_path, FIVE)[0].name == "two/a.jpg"


@pytest.mark.parametrize("part", ["images", "annotations", "categories"])
def test_entries_that_are_not_objects_are_named(tmp_path, part):
    write_coco(tmp_path, scheme=FIVE)
    document = json.loads((tmp_path / "labels.json").read_text())
    (tmp_path / "labels.json").write_text(json.dumps(document | {part: [*document[part], 5]}))
    with pytest.raises(DataError, match=rf"labels\.json: {part} are not all objects"):
        find_pictures(tmp_path, FIVE)


def test_half_a_coco_file_is_named(tmp_path):
    path = write_coco(tmp_path, scheme=FIVE) / "labels.json"
    path.write_text(path.read_text()[:300])
    with pytest.raises(DataError, match=r"labels\.json: not a JSON file"):
        find_pictures(tmp_path, FIVE)

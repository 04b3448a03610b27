"""/v1/review: the suspects, their faces, and the decisions about them."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.made_up_faces import varied_faces
from support.web_refusals import refusal_in

from kaggle_fkd.evaluation.label_review import LabelReview, Suspect
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, Fix
from kaggle_fkd.web.app import make_app

NAMES = varied_faces(1, 0).scheme.names
NOSE, EYE = NAMES[10], NAMES[0]
FACE = "/v1/review/faces/103"


@pytest.fixture
def review(tmp_path):
    """12 faces of convention A, rows 100 to 111, and 4 of B; two are suspected."""
    faces = varied_faces(12, 4)
    errors = np.ones((*faces.keypoints.shape[:2], 1), np.float32)
    predicted = np.where(
        faces.marked[..., None], np.concatenate([faces.keypoints + 2, errors], axis=2), np.nan
    )
    suspects = (
        Suspect(103, 12.5, "displaced point", NOSE),
        Suspect(101, 7.0, "no face, or another one", ""),
    )
    return LabelReview(faces, predicted, suspects, tmp_path / "evaluation" / "label_fixes.csv")


def client_of(finder, review):
    app = make_app(finder, "mine", review=review)
    return TestClient(app, base_url="http://127.0.0.1:8015")


@pytest.fixture
def client(finder, review):
    return client_of(finder, review)


def decide(client, *decisions, face=FACE):
    return client.put(f"{face}/decisions", json=decisions)


def test_the_suspects_are_listed_and_those_that_are_decided_are_marked(client, review):
    listed = client.get("/v1/review").json()
    assert listed["suspects"] == [
        {"row": 103, "score": 12.5, "reason": "displaced point", "keypoint": NOSE,
         "decided": False},
        {"row": 101, "score": 7.0, "reason": "no face, or another one", "keypoint": "",
         "decided": False},
    ]  # fmt: skip
    assert (listed["width"], listed["height"]) == (96, 96) and listed["names"] == list(NAMES)
    assert listed["file"] == "evaluation/label_fixes.csv" and not review.fixes_file.exists()
    assert decide(client, {"keypoint": "", "decision": "keep"}, face=FACE[:-1] + "1").is_success
    listed = client.get("/v1/review").json()
    assert [each["decided"] for each in listed["suspects"]] == [False, True]


def test_no_answer_contains_a_path_of_the_computer(client, tmp_path):
    decide(client, {"keypoint": NOSE, "decision": "keep"})
    for address in ("/v1/review", FACE, "/v1/about"):
        assert str(tmp_path) not in client.get(address).text


def test_a_face_has_its_picture_and_its_published_labels_and_predictions(client, review):
    face = client.get(FACE).json()
    assert face["labels"] == pytest.approx(review.faces.keypoints[3], abs=0.005)
    assert face["predictions"] == pytest.approx(review.predicted[3, :, :2], abs=0.005)
    picture = Image.open(io.BytesIO(client.get(f"{FACE}/picture").content))
    assert np.array_equal(np.asarray(picture.convert("L")), review.faces.images[3])
    other = client.get("/v1/review/faces/112").json()
    labelled = [label is not None for label in other["labels"]]
    assert labelled == review.faces.labelled[12].tolist() and not all(labelled)


def test_the_decisions_about_a_face_replace_those_before_and_no_others(client, review):
    earlier = [Fix(100, "", DROP), Fix(103, "", KEEP)]
    made = {"keypoint": NOSE, "decision": "move", "x": 40.25, "y": 50}
    review.decide(100, earlier[:1])
    review.decide(103, earlier[1:])
    for _ in range(2):
        answer = decide(client, made, {"keypoint": EYE, "decision": "drop"})
        assert answer.json()["row"] == 103
        assert set(review.fixes()) == {
            Fix(100, "", DROP), Fix(103, EYE, DROP), Fix(103, NOSE, MOVE, 40.25, 50)
        }  # fmt: skip
    assert made in client.get(FACE).json()["decisions"]
    decide(client)
    assert review.fixes() == (Fix(100, "", DROP),) and client.get(FACE).json()["decisions"] == []


def test_the_decisions_begin_with_the_fixes_of_the_training(finder, review):
    trained_with = (Fix(101, "", DROP), Fix(103, EYE, KEEP))
    review = replace(review, trained_with=trained_with)
    client = client_of(finder, review)
    assert client.get(FACE).json()["decisions"] == [{"keypoint": EYE, "decision": "keep"}]
    decide(client)
    assert review.fixes() == trained_with[:1]


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ({}, "the decisions are not a list"),
        (["keep"], "decision 1 is not one -> send a list"),
        ([{"keypoint": "", "decision": "keep", "row": 5}], "decision 1 is not one"),
        ([{"keypoint": NOSE, "decision": "move", "x": "4", "y": 2}], "decision 1 is not one"),
        ([{"keypoint": NOSE, "decision": "move", "x": True, "y": 2}], "decision 1 is not one"),
        ([{"keypoint": NOSE, "decision": "move", "x": 10**400, "y": 2}], "decision 1 is not one"),
        ([{"keypoint": NOSE, "decision": "move", "x": 400, "y": 2}], "is not near the picture"),
        ([{"keypoint": NOSE, "decision": "move"}], "a move without x and y"),
        ([{"keypoint": "nose", "decision": "keep"}], "'nose' is not a keypoint -> did you mean"),
        ([{"keypoint": "", "decision": "like"}], "'like' is not a decision"),
        ([{"keypoint": NOSE, "decision": "keep"}] * 2, "decision 2: there is another one"),
    ],
)
def test_what_is_not_a_decision_is_refused_and_changes_nothing(client, review, decisions, said):
    decide(client, {"keypoint": NOSE, "decision": "keep"})
    before = review.fixes_file.read_bytes()
    answer = client.put(f"{FACE}/decisions", json=decisions)
    assert said in refusal_in(answer, 422) and review.fixes_file.read_bytes() == before


def test_a_request_without_json_or_of_any_size_is_refused(client):
    for body, status, said in ((b"[", 400, "is not JSON"), (b"[" * 99_999, 400, "is not JSON"),
                               (b" " * 100_001, 413, "has more than 0.1 MB")):  # fmt: skip
        assert said in refusal_in(client.put(f"{FACE}/decisions", content=body), status)


def test_a_face_that_does_not_exist_is_refused(client):
    for address in ("5", f"{10**30}", "5/picture"):
        answer = client.get(f"/v1/review/faces/{address}")
        assert "is not a training face" in refusal_in(answer, 404)
    answer = client.put("/v1/review/faces/5/decisions", json=[])
    assert "row 5 is not a training face" in refusal_in(answer, 404)
    assert "there is no /v1/review/faces/x" in refusal_in(client.get("/v1/review/faces/x"), 404)
    assert "does not take POST" in refusal_in(client.post(f"{FACE}/decisions"), 405)


def test_another_site_cannot_decide(client, review):
    answer = client.put(f"{FACE}/decisions", json=[], headers={"Origin": "http://evil.example"})
    assert "comes from another site" in refusal_in(answer, 403)
    assert not review.fixes_file.exists()


def test_a_damaged_file_is_refused_and_stays_as_it_is(client, review, capfd):
    review.fixes_file.parent.mkdir()
    review.fixes_file.write_text("row,keypoint\n")
    for answer in (client.get("/v1/review"), client.get(FACE), decide(client)):
        assert "file of the decisions cannot be read" in refusal_in(answer, 500)
    assert review.fixes_file.read_text() == "row,keypoint\n"
    assert f"{review.fixes_file}: column decision is missing" in capfd.readouterr().err


def test_a_server_without_a_review_says_how_to_start_one(finder):
    client = client_of(finder, None)
    for address in ("/v1/review", FACE, f"{FACE}/picture"):
        assert "start it with the option --review" in refusal_in(client.get(address), 404)
    assert client.get("/v1/about").json()["review"] is False
    assert "Label review" in client.get("/review").text

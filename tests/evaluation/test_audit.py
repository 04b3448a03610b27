"""The label audit, on errors that are planted in labels which a network would have predicted."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.command_line import QUICK
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.errors import DataError
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.training.suspects import COLUMNS, SUSPECT_SCORE
from kaggle_fkd.training.treatment import treat_labels

NOSE = KAGGLE15.index("nose_tip")
SWAPPED, DISPLACED, FOREIGN, SEVERAL = (
    "left and right swapped", "displaced point", "no face, another one, or a wrong prediction",
    "several points off",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(competition):
    """Faces with wrong labels, what a good network predicts, and {row: reason} of the wrong ones.

    The last labels of each kind belong to convention B.
    """
    faces = competition.train
    rng = np.random.default_rng(0)
    truth = np.where(np.isfinite(faces.keypoints), faces.keypoints, 48)
    noise = rng.normal(0, 0.5, truth.shape)
    predicted = np.concatenate([truth + noise, np.full((*truth.shape[:2], 1), 0.6)], axis=-1)
    keypoints, wrong = faces.keypoints.copy(), {}
    full = faces.labelled[:, list(KAGGLE15.conventions[1].keypoints)].all(axis=1)
    of_a = np.flatnonzero(full & (faces.convention == 0) & faces.labelled.all(axis=1))
    of_b = np.flatnonzero(full & (faces.convention == 1))
    for index in (*of_a[:2], of_b[0]):
        keypoints[index] = keypoints[index, list(KAGGLE15.flip_order)]
        wrong[int(faces.ids[index])] = SWAPPED
    for index in (*of_a[2:4], of_b[1]):
        keypoints[index, NOSE] += (20, -15)
        wrong[int(faces.ids[index])] = DISPLACED
    for index in (*of_a[4:6], of_b[2]):
        keypoints[index] += (10, 20)
        wrong[int(faces.ids[index])] = FOREIGN
    keypoints[of_a[6], [0, 1, NOSE]] += (0, 20)
    wrong[int(faces.ids[of_a[6]])] = SEVERAL
    return replace(faces, keypoints=keypoints), predicted, wrong


def test_a_face_with_a_single_label_is_judged_by_all_its_keypoints(competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces, spread=0.5)
    labelled = int(np.flatnonzero(faces.labelled[:, NOSE])[3])
    keypoints = faces.keypoints.copy()
    keypoints[labelled, np.arange(15) != NOSE] = np.nan
    predicted[labelled, NOSE] = (*keypoints[labelled, NOSE], 2.5 * predicted[labelled, NOSE, 2])
    assert not audit(predicted, replace(faces, keypoints=keypoints))["suspected"].any()


@pytest.fixture
def audit_file(planted, tmp_path):
    """The audit.csv of the planted errors."""
    faces, predicted, _ = planted
    write_audit(tmp_path / "audit.csv", audit(predicted, faces))
    return tmp_path / "audit.csv"


def treated(path, faces, policy="drop"):
    """The faces as a training with this audit has them."""
    return treat_labels(faces, TrainConfig(suspect_policy=policy), LabelFiles(audit=path))


def test_planted_errors_are_found_first_and_their_reason_is_right(planted):
    faces, predicted, wrong = planted
    table = audit(predicted, faces)
    top = table.head(len(wrong))
    assert dict(zip(top["row"], top["reason"], strict=True)) == wrong
    assert top["suspected"].all() and not table["suspected"][len(wrong) :].any()
    assert table["score"].is_monotonic_decreasing
    displaced = top[top["reason"] == DISPLACED]
    assert set(displaced["keypoint"]) == {KAGGLE15.names[NOSE]}
    assert displaced["error_px"].between(22, 28).all()
    assert set(top.loc[top["reason"] != DISPLACED, "keypoint"]) == {""}


def test_every_face_with_a_label_is_judged_once(planted):
    faces, predicted, _ = planted
    table = audit(predicted, faces)
    assert list(table.columns) == list(COLUMNS)
    assert set(table["row"]) == set(faces.ids[faces.labelled.any(axis=1)])
    assert table["row"].is_unique


def test_faces_that_nobody_predicts_are_not_judged(planted):
    faces, predicted, _ = planted
    half = predicted.copy()
    half[faces.convention == 1] = np.nan
    assert set(audit(half, faces)["convention"]) == {"A"}


def test_where_large_errors_are_expected_they_are_not_suspicious(competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces, spread=0.5)
    predicted[::3, NOSE, :2] = faces.keypoints[::3, NOSE] + 7
    predicted[::3, NOSE, 2] *= 10
    assert not audit(predicted, faces)["suspected"].any()
    predicted[::3, NOSE, 2] /= 10
    table = audit(predicted, faces)
    assert set(table.loc[table["suspected"], "row"]) == set(
        faces.ids[::3][faces.labelled[::3, NOSE]]
    )


def test_a_picture_that_is_not_recognised_is_suspected_whatever_its_labels(competition):
    """Its labels are just where the network, which is unsure of all, expects them."""
    faces = competition.train
    predicted = with_noise_and_errors(faces, spread=0.5)
    labelled = int(np.flatnonzero(faces.labelled.sum(axis=1) > 3)[5])
    predicted[labelled, :, 2] *= 2.5
    (row,) = audit(predicted, faces).query("suspected").to_dict("records")
    assert row["row"] == faces.ids[labelled] and row["reason"] == FOREIGN


def test_dropping_removes_the_displaced_label_or_all_labels_of_a_face(planted, audit_file):
    faces, _, wrong = planted
    dropped = treated(audit_file, faces, "drop")
    assert dropped.weight is None
    for index, row in enumerate(faces.ids):
        before, after = faces.labelled[index], dropped.labelled[index]
        reason = wrong.get(int(row))
        if reason is None:
            assert np.array_equal(dropped.keypoints[index], faces.keypoints[index], equal_nan=True)
        elif reason == DISPLACED:
            assert before[NOSE] and list(np.flatnonzero(before & ~after)) == [NOSE]
        else:
            assert not after.any()


def test_weighting_reduces_the_weight_of_a_suspected_face(planted, audit_file):
    faces, _, wrong = planted
    weighted = treated(audit_file, faces, "weight")
    assert np.array_equal(weighted.keypoints, faces.keypoints, equal_nan=True)
    scores = pd.read_csv(audit_file).set_index("row")["score"]
    for row, weight in zip(faces.ids, weighted.weight, strict=True):
        expected = (SUSPECT_SCORE / scores[row]) ** 2 if int(row) in wrong else 1
        assert weight == pytest.approx(expected, rel=1e-3) and weight <= 1


def test_a_face_that_a_person_suspects_has_at_most_the_weight_of_others(planted, audit_file):
    """Whose score may be low."""
    faces = planted[0]
    pd.read_csv(audit_file).assign(score=0.5, suspected=True).to_csv(audit_file, index=False)
    assert (treated(audit_file, faces, "weight").weight == 1).all()


def test_without_an_audit_the_faces_are_as_they_are(planted):
    faces = planted[0]
    assert treat_labels(faces, TrainConfig(), LabelFiles()) is faces


def test_an_audit_without_suspects_changes_nothing(planted, tmp_path):
    faces, predicted, _ = planted
    table = audit(predicted, faces).assign(suspected=False)
    for name, some in (("none.csv", table), ("empty.csv", table.head(0))):
        write_audit(tmp_path / name, some)
        assert treated(tmp_path / name, faces, "drop").digest() == faces.digest()


def change(column, value):
    """Spoil that cell of the second row."""

    def spoil(table):
        table = table.astype({column: object})
        table.loc[1, column] = value
        return table

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.drop(columns="score"), "column score is missing"),
        (lambda table: table.assign(row=table["row"] + 1_000_000), "is not a training face"),
        (change("row", "first"), "audit.csv"),
        (change("suspected", "perhaps"), "audit.csv"),
        (change("score", "high"), "audit.csv"),
        (change("keypoint", "chin"), "chin"),
        (change("score", 0), "not above 0"),
    ],
    ids=[
        "no score",
        "foreign rows",
        "no number",
        "neither true nor false",
        "text",
        "no keypoint",
        "score 0",
    ],
)
def test_an_audit_that_does_not_fit_is_rejected(planted, audit_file, spoil, message):
    spoil(pd.read_csv(audit_file, keep_default_na=False)).to_csv(audit_file, index=False)
    with pytest.raises(DataError, match=message) as caught:
        treated(audit_file, planted[0], "drop")
    assert str(audit_file) in caught.value.problem and "train.audit" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00junk", b'a,b\n"1,2\n'])
def test_an_audit_that_cannot_be_read_is_rejected(planted, tmp_path, content):
    (tmp_path / "audit.csv").write_bytes(content)
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("audit.csv", "none.csv", "pipe.csv", ""):
        path = tmp_path / name
        with pytest.raises(DataError) as caught:
            treated(path, planted[0], "drop")
        assert str(path) in caught.value.problem


@pytest.mark.slow
def test_audited_labels_train_another_run(real, audit_file):
    assert real("--stage", "train", *QUICK)[0] == 0
    (plain,) = runs_in(real.runs)
    option = ("--set", f"train.audit={audit_file}")
    code, _, err = real("--stage", "train", *QUICK, *option)
    assert code == 0 and "skipped" not in err
    other = next(run for run in runs_in(real.runs) if run.name != plain.name)
    assert other.config.train.audit == str(audit_file)
    assert other.record["data_hash"] != plain.record["data_hash"]
    code, _, err = real("--stage", "train", *QUICK, *option)
    assert code == 0 and "skipped" in err
    code, _, err = real("--stage", "train", *QUICK, "--set", "train.audit=none.csv")
    assert code == 2 and "none.csv" in err

"""The sample competition: Kaggle's files, with the same kinds of gaps, repeats and errors."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.competition.sample.photograph import Portrait, portrait
from kaggle_fkd.keypoints import KAGGLE15

FILES = ("training.csv", "test.csv", "IdLookupTable.csv", "SampleSubmission.csv")
A, B = 0, 1


@pytest.fixture(scope="module")
def files(sample_dir: Path) -> dict[str, pd.DataFrame]:
    """The four files of the small competition: 80 + 80 training rows, 12 + 20 test images."""
    return {name: pd.read_csv(sample_dir / name) for name in FILES}


@pytest.fixture(scope="module")
def truth() -> list[Portrait]:
    """What each of those training rows shows, unless it has a defect."""
    return [portrait(7, row) for row in range(160)]


def pixels(table: pd.DataFrame) -> np.ndarray:
    return np.array([row.split(" ") for row in table["Image"]], np.uint8).reshape(-1, 96, 96)


def labels(files: dict[str, pd.DataFrame]) -> np.ndarray:
    columns = list(KAGGLE15.feature_names)
    return files["training.csv"][columns].to_numpy(float).reshape(-1, 15, 2)


def residuals(files: dict[str, pd.DataFrame], truth: list[Portrait]) -> np.ndarray:
    """Labels minus true keypoints, rows x 15 x 2; NaN in rows that do not show their own face."""
    true = np.array([face.labels[int(row >= 80)] for row, face in enumerate(truth)])
    own = pixels(files["training.csv"]) == np.array([face.image for face in truth])
    return np.where(own.all(axis=(1, 2))[:, None, None], labels(files) - true, np.nan)


def test_the_files_have_exactly_kaggles_columns_and_the_requested_rows(files):
    assert [*files["training.csv"].columns] == [*KAGGLE15.feature_names, "Image"]
    assert [*files["test.csv"].columns] == ["ImageId", "Image"]
    assert [*files["IdLookupTable.csv"].columns] == ["RowId", "ImageId", "FeatureName", "Location"]
    assert [*files["SampleSubmission.csv"].columns] == ["RowId", "Location"]
    assert len(files["training.csv"]) == 160
    assert files["test.csv"]["ImageId"].tolist() == list(range(1, 33))
    assert pixels(files["training.csv"]).shape == (160, 96, 96)
    assert pixels(files["test.csv"]).shape == (32, 96, 96)


def test_the_sample_submission_answers_every_request_with_zero(files):
    lookup, submission = files["IdLookupTable.csv"], files["SampleSubmission.csv"]
    assert lookup["RowId"].tolist() == list(range(1, len(lookup) + 1))
    assert submission["RowId"].tolist() == lookup["RowId"].tolist()
    assert (submission["Location"] == 0).all()
    assert lookup["Location"].isna().all()
    assert not lookup.duplicated(["ImageId", "FeatureName"]).any()


def test_both_conventions_are_told_apart_by_the_labels_and_by_the_requests(files):
    labelled = np.isfinite(labels(files)).all(axis=2)
    assert KAGGLE15.conventions_from_marks(labelled).tolist() == [A] * 80 + [B] * 80
    lookup = files["IdLookupTable.csv"]
    requested = np.zeros((32, 30), bool)
    columns = pd.Index(KAGGLE15.feature_names).get_indexer(pd.Index(lookup["FeatureName"]))
    requested[lookup["ImageId"] - 1, columns] = True
    marked = requested.reshape(-1, 15, 2).any(axis=2)
    assert KAGGLE15.conventions_from_marks(marked).tolist() == [A] * 12 + [B] * 20


def test_most_faces_are_complete_and_a_few_miss_labels(files):
    missing = np.isnan(labels(files))
    assert (missing[..., 0] == missing[..., 1]).all()
    complete = ~missing[:80].any(axis=(1, 2))
    assert 0.8 < complete.mean() < 1


def test_some_rows_repeat_another_rows_picture(files):
    images = files["training.csv"]["Image"]
    assert 0.04 < images.duplicated().mean() < 0.1
    assert files["test.csv"]["Image"].isin(images).sum() >= 2


def test_labels_scatter_around_the_true_keypoints(files, truth):
    error = residuals(files, truth)
    usual = error[np.abs(error) < 3]
    assert usual.size > 2000
    assert 0.35 < usual.std() < 0.45
    assert abs(usual.mean()) < 0.05


def test_every_kind_of_wrong_row_occurs(files, truth):
    error = np.linalg.norm(residuals(files, truth), axis=2)
    is_outlier = (error > 10).sum(axis=1)
    known = {face.image.tobytes() for face in truth}
    unknown = [image.tobytes() not in known for image in pixels(files["training.csv"])]
    assert (is_outlier == 1).sum() == 1  # displaced
    assert (is_outlier > 1).sum() == 1  # swapped
    assert sum(unknown) == 1  # no face


def test_the_same_seed_writes_the_same_files(tmp_path):
    size = SampleSize(train_a=4, train_b=5, test_a=2, test_b=3)
    for folder, seed in (("one", 5), ("same", 5), ("other", 6)):
        write_sample_competition(tmp_path / folder, size, seed)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "same" / name).read_bytes()
    training = tmp_path / "other" / FILES[0]
    assert training.read_bytes() != (tmp_path / "one" / FILES[0]).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(FILES)

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from kaggle_fkd.competition.sample import SampleSize, sample_faces, write_sample_competition
from kaggle_fkd.competition.sample.photograph import Portrait, portrait
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import KAGGLE15

FILES = ("training.csv", "test.csv", "IdLookupTable.csv", "SampleSubmission.csv")
A, B = 0, 1
(EYE_L, EYE_R, INNER_L, OUTER_L, INNER_R, OUTER_R) = KAGGLE15.groups["eyes"]
(NOSE,) = KAGGLE15.groups["nose"]
(LIP_L, LIP_R, LIP_TOP, LIP_BOTTOM) = KAGGLE15.groups["mouth"]
BROWS = list(KAGGLE15.groups["brows"])


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    return sample_faces(120, seed=1)


@pytest.fixture(scope="module")
def portraits() -> list[Portrait]:
    return [portrait(1, index) for index in range(60)]


@pytest.fixture(scope="module")
def tables(sample_dir: Path) -> dict[str, pd.DataFrame]:
    """The four files of the small competition: 80 + 80 training rows, 12 + 20 test images."""
    return {name: pd.read_csv(sample_dir / name) for name in FILES}


@pytest.fixture(scope="module")
def truth() -> list[Portrait]:
    """What each of those training rows shows, unless something is odd about it."""
    return [portrait(7, row) for row in range(160)]


def pixels(table: pd.DataFrame) -> np.ndarray:
    return np.array([row.split(" ") for row in table["Image"]], np.uint8).reshape(-1, 96, 96)


def labels(tables: dict[str, pd.DataFrame]) -> np.ndarray:
    columns = list(KAGGLE15.feature_names)
    return tables["training.csv"][columns].to_numpy(float).reshape(-1, 15, 2)


def residuals(tables: dict[str, pd.DataFrame], truth: list[Portrait]) -> np.ndarray:
    """Labels less true points, rows x 15 x 2; NaN in rows that do not show their own face."""
    true = np.array([face.labels[int(row >= 80)] for row, face in enumerate(truth)])
    own = pixels(tables["training.csv"]) == np.array([face.image for face in truth])
    return np.where(own.all(axis=(1, 2))[:, None, None], labels(tables) - true, np.nan)


def mean_patch(portraits: list[Portrait], convention: int, point: int) -> np.ndarray:
    """The mean picture, 17 x 17, around one keypoint of all portraits, softened."""
    patches = []
    for face in portraits:
        x, y = face.labels[convention, point]
        rows, columns = np.mgrid[-8:9, -8:9]
        patch = ndimage.map_coordinates(face.image.astype(float), [rows + y, columns + x], order=1)
        patches.append((patch - patch.mean()) / patch.std())
    return ndimage.gaussian_filter(np.mean(patches, axis=0), 1.0)


def test_the_same_seed_draws_the_same_faces():
    assert sample_faces(5, seed=3).digest() == sample_faces(5, seed=3).digest()
    assert sample_faces(5, seed=3).digest() != sample_faces(5, seed=4).digest()


def test_a_longer_request_extends_a_shorter_one():
    assert sample_faces(9, seed=3)[:4].digest() == sample_faces(4, seed=3).digest()


def test_sample_faces_are_completely_labelled_in_convention_a(faces):
    assert faces.images.shape == (120, 96, 96)
    assert faces.labelled.all()
    assert (faces.convention == A).all()
    assert faces.ids.tolist() == list(range(120))


def test_no_two_faces_are_alike_and_none_is_flat(faces):
    assert len(np.unique(faces.repeat_groups())) == len(faces)
    assert faces.images.std(axis=(1, 2)).min() > 8


def test_faces_fill_the_picture_as_in_kaggles_crops(faces):
    left, right = faces.keypoints[:, EYE_L].mean(axis=0), faces.keypoints[:, EYE_R].mean(axis=0)
    np.testing.assert_allclose([*left, *right], [66, 37, 30, 37], atol=2)
    assert faces.keypoints.std(axis=0).min() > 1.5
    assert faces.keypoints.min() > -10
    assert faces.keypoints.max() < 106


def test_left_is_the_subjects_left(faces):
    for left, right in KAGGLE15.flip_pairs:
        assert (faces.keypoints[:, left, 0] > faces.keypoints[:, right, 0]).all()


def test_brows_eyes_nose_and_lips_follow_each_other_down_the_face(faces):
    points = faces.keypoints
    eyes = points[:, [EYE_L, EYE_R]].mean(axis=1)
    down = points[:, LIP_TOP] - eyes
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    heights = np.einsum("nkd,nd->nk", points - eyes[:, None], down)
    brows, lips = heights[:, BROWS].mean(axis=1), heights[:, [LIP_TOP, LIP_BOTTOM]]
    order = np.column_stack([brows, np.zeros(len(faces)), heights[:, NOSE], lips])
    assert (np.diff(order, axis=1) > 0).all()


def test_a_turned_head_moves_the_nose_and_narrows_the_far_eye(faces):
    points = faces.keypoints
    nose = points[:, NOSE, 0] - points[:, [EYE_L, EYE_R], 0].mean(axis=1)
    left = points[:, OUTER_L, 0] - points[:, INNER_L, 0]
    right = points[:, INNER_R, 0] - points[:, OUTER_R, 0]
    assert np.corrcoef(nose, left - right)[0, 1] < -0.8


@pytest.mark.parametrize("eye", [EYE_L, EYE_R])
def test_the_pupils_are_where_the_labels_say(portraits, eye):
    patch = mean_patch(portraits, A, eye)
    darkness = np.clip(np.quantile(patch, 0.1) - patch, 0, None)
    np.testing.assert_allclose(ndimage.center_of_mass(darkness), (8, 8), atol=1.5)


@pytest.mark.parametrize(("corner", "outwards"), [(LIP_L, 1), (LIP_R, -1)])
def test_the_mouth_ends_where_the_labels_say(portraits, corner, outwards):
    line = mean_patch(portraits, A, corner)[8, ::outwards]
    assert line[10:13].min() > line[8] + 0.3 > line[4:7].max() + 0.3


def test_the_nose_tip_is_lighter_than_the_base_of_the_nose(portraits):
    tip, base = mean_patch(portraits, A, NOSE)[8, 8], mean_patch(portraits, B, NOSE)[8, 8]
    assert tip > base + 0.5


def test_conventions_differ_as_kaggles_do(portraits):
    both = np.array([face.labels for face in portraits])
    assert np.isfinite(both[:, B]).all(axis=2).sum(axis=1).tolist() == [4] * len(both)
    np.testing.assert_array_equal(both[:, A, [EYE_L, EYE_R]], both[:, B, [EYE_L, EYE_R]])
    lower = (both[:, B] - both[:, A])[..., 1].mean(axis=0)
    assert 6 < lower[NOSE] < 8
    assert -7 < lower[LIP_BOTTOM] < -4.5


def test_the_files_have_exactly_kaggles_columns_and_the_rows_asked_for(tables):
    assert [*tables["training.csv"].columns] == [*KAGGLE15.feature_names, "Image"]
    assert [*tables["test.csv"].columns] == ["ImageId", "Image"]
    assert [*tables["IdLookupTable.csv"].columns] == ["RowId", "ImageId", "FeatureName", "Location"]
    assert [*tables["SampleSubmission.csv"].columns] == ["RowId", "Location"]
    assert len(tables["training.csv"]) == 160
    assert tables["test.csv"]["ImageId"].tolist() == list(range(1, 33))
    assert pixels(tables["training.csv"]).shape == (160, 96, 96)
    assert pixels(tables["test.csv"]).shape == (32, 96, 96)


def test_the_sample_submission_answers_every_request_with_zero(tables):
    lookup, submission = tables["IdLookupTable.csv"], tables["SampleSubmission.csv"]
    assert lookup["RowId"].tolist() == list(range(1, len(lookup) + 1))
    assert submission["RowId"].tolist() == lookup["RowId"].tolist()
    assert (submission["Location"] == 0).all()
    assert lookup["Location"].isna().all()
    assert not lookup.duplicated(["ImageId", "FeatureName"]).any()


def test_both_conventions_are_told_apart_by_the_labels_and_by_the_requests(tables):
    labelled = np.isfinite(labels(tables)).all(axis=2)
    assert KAGGLE15.conventions_from_marks(labelled).tolist() == [A] * 80 + [B] * 80
    lookup = tables["IdLookupTable.csv"]
    asked = np.zeros((32, 30), bool)
    columns = pd.Index(KAGGLE15.feature_names).get_indexer(pd.Index(lookup["FeatureName"]))
    asked[lookup["ImageId"] - 1, columns] = True
    marked = asked.reshape(-1, 15, 2).any(axis=2)
    assert KAGGLE15.conventions_from_marks(marked).tolist() == [A] * 12 + [B] * 20


def test_most_faces_are_complete_and_a_few_miss_labels(tables):
    missing = np.isnan(labels(tables))
    assert (missing[..., 0] == missing[..., 1]).all()
    complete = ~missing[:80].any(axis=(1, 2))
    assert 0.8 < complete.mean() < 1


def test_some_rows_repeat_another_rows_picture(tables):
    images = tables["training.csv"]["Image"]
    assert 0.04 < images.duplicated().mean() < 0.1
    assert tables["test.csv"]["Image"].isin(images).sum() >= 2


def test_labels_scatter_about_the_true_points(tables, truth):
    error = residuals(tables, truth)
    usual = error[np.abs(error) < 3]
    assert usual.size > 2000
    assert 0.35 < usual.std() < 0.45
    assert abs(usual.mean()) < 0.05


def test_every_kind_of_wrong_row_occurs(tables, truth):
    error = np.linalg.norm(residuals(tables, truth), axis=2)
    is_outlier = (error > 10).sum(axis=1)
    known = {face.image.tobytes() for face in truth}
    unknown = [image.tobytes() not in known for image in pixels(tables["training.csv"])]
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

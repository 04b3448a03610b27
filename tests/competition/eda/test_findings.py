"""What follows for modelling, in words."""

from kaggle_fkd.competition.eda.findings import findings

EMPTY = {
    "missing": {"A": {"missing_labels": 0}, "B": {"missing_labels": 0}},
    "conventions": {"images": 0, "apart": {}},
    "imputation": {}, "geometry": {}, "plausibility": {},
    "repeats": {"rows_that_repeat_another": 0, "median_distance": None},
    "images": {"mean": {"training": {"brightness": 100}}},
}  # fmt: skip
COMPARED = {
    "mean": {"training": {"brightness": 100}, "test": {"brightness": 101}},
    "std": {"brightness": 20},
    "convention_shares": {"training": {"A": 0.4, "B": 0.6}, "test": {"A": 0.3, "B": 0.7}},
    "test_images_in_training": 1,
}


def test_nothing_is_said_about_what_the_data_do_not_have():
    assert findings(EMPTY) == []


def test_conventions_are_told_apart_by_the_keypoint_that_differs_most():
    apart = {"left_eye_center": [0, 0.2], "nose_tip": [0.1, 6.26]}
    (sentence,) = findings(EMPTY | {"conventions": {"images": 0, "apart": apart}})
    assert "The nose tip of B is 6.3 px lower than that of A" in sentence


def test_counts_agree_in_number():
    missing = {"A": {"missing_labels": 1}, "B": {"missing_labels": 0}}
    repeats = {"rows_that_repeat_another": 1, "median_distance": None}
    first, second = findings(EMPTY | {"missing": missing, "repeats": repeats})
    assert "1 label of those that the conventions mark is missing" in first
    assert second.startswith("1 row repeats the image of another")


def test_training_and_test_images_are_alike_or_differ_in_what_is_named():
    alike, shares = findings(EMPTY | {"images": COMPARED})
    assert alike.startswith("Training and test images are alike")
    assert shares.startswith("70 % of the test faces") and "1 test image also occurs" in shares
    darker = COMPARED | {"mean": COMPARED["mean"] | {"test": {"brightness": 80}}}
    differ, _ = findings(EMPTY | {"images": darker})
    assert "differ from training images in brightness (-1.0 std)" in differ

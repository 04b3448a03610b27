"""What holds for every keypoint scheme."""

import pytest
from support.made_up_faces import a_face_of_68
from support.own_schemes import UNKNOWN

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15, KeypointScheme

A, B = 0, 1


@pytest.mark.parametrize("scheme", [KAGGLE15, IBUG68], ids=lambda scheme: scheme.name)
def test_a_scheme_is_complete(scheme):
    count = len(scheme.names)
    assert len(set(scheme.names)) == count
    assert sorted(k for members in scheme.groups.values() for k in members) == list(range(count))
    assert [scheme.flip_order[k] for k in scheme.flip_order] == list(range(count))
    for left, right in scheme.flip_pairs:
        assert ("left" in scheme.names[left]) == ("right" in scheme.names[right])
        assert scheme.group_by_keypoint[left] == scheme.group_by_keypoint[right]
    assert all(set(scheme.agreed) <= set(each.keypoints) for each in scheme.conventions)
    unpaired = set(range(count)) - {k for pair in scheme.flip_pairs for k in pair}
    assert not any("left" in scheme.names[k] or "right" in scheme.names[k] for k in unpaired)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("names", []), ("names", ["a"] * 15), ("names", [*KAGGLE15.names[:-1], 5]),
        ("name", None), ("conventions", []), ("nose_tip", 15), ("nose_tip", -1), ("nose_tip", 1.0),
        ("nose_tip", True), ("eye_corners", [0]), ("flip_pairs", [[0, 99]]), ("flip_pairs", [[0]]),
        ("groups", {"all": [0]}), ("agreed", [1e308]), ("eyelids", [[0, 1, 2, 3, 4, 5]]),
        ("contours", [{"keypoints": ["x"]}]),
        ("conventions", [{"name": "a", "keypoints": [15], "meaning": ""}]),
        ("conventions", [{"name": "a", "keypoints": [0], "meaning": "", "ibug68": [[0]]}]),
        ("conventions", [{"name": "a", "keypoints": [0], "meaning": "", "ibug68": [[68]] * 15}]),
        ("conventions", [{"name": "a", "keypoints": [0], "meaning": "", "below": [0.1]}]),
        (
            "conventions",
            [{"name": "a", "keypoints": [0], "meaning": "", "ibug68": [[0]] * 15,
              "below": [float("nan")] * 15}],
        ),
    ],
)  # fmt: skip
def test_a_stored_scheme_whose_parts_do_not_fit_together_is_rejected(part, value):
    with pytest.raises(ValueError):
        KeypointScheme.from_dict(KAGGLE15.as_dict() | {part: value})


def test_the_nose_tip_and_the_eye_corners_are_the_same_places_in_both_schemes():
    points = a_face_of_68()
    fifteen = KAGGLE15.from_ibug68(points, A)
    for index, other in (
        (IBUG68.nose_tip, KAGGLE15.nose_tip), *zip(IBUG68.eye_corners, KAGGLE15.eye_corners,
                                                  strict=True),
    ):  # fmt: skip
        assert tuple(points[index]) == tuple(fifteen[other])


def test_a_scheme_that_does_not_say_what_its_keypoints_are_cannot_be_computed():
    with pytest.raises(UsageError, match=f"{UNKNOWN.name} does not say which"):
        UNKNOWN.from_ibug68(a_face_of_68())


def test_keypoints_are_found_by_their_names_and_numbers():
    assert [KAGGLE15.find(wanted) for wanted in (KAGGLE15.names[3], "3", "0", "14")] == [
        3,
        3,
        0,
        14,
    ]
    for wanted in ("15", "-1", "", "1.0", "\u00b2", "9" * 5000):
        with pytest.raises(UsageError, match="no keypoint"):
            KAGGLE15.find(wanted)

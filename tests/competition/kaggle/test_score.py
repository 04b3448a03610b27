"""The wait for the scores of a submission."""

from types import SimpleNamespace

import pytest

from kaggle_fkd.competition.kaggle.score import Score, wait_for_score


def test_a_status_that_is_not_known_does_not_end_the_wait():
    names = iter(["PENDING", "RESCORING", "COMPLETE"])

    def competition_submissions(competition):
        status = SimpleNamespace(name=next(names))
        scores = {"public_score": "1.5", "private_score": "1.25", "error_description": ""}
        return [SimpleNamespace(ref=7, status=status, **scores)]

    api = SimpleNamespace(competition_submissions=competition_submissions)
    score = wait_for_score(api, Score(7), wait_s=60, poll_s=0)
    assert score == Score(7, "complete", 1.5, 1.25)


@pytest.mark.parametrize("said", ["nan", "-inf", "-1", "none", "", None])
def test_what_is_not_a_score_is_not_taken_for_one(said):
    listed = SimpleNamespace(
        ref=7, status=SimpleNamespace(name="COMPLETE"), public_score=said, private_score="1.25",
        error_description="",
    )  # fmt: skip
    api = SimpleNamespace(competition_submissions=lambda competition: [listed])
    score = wait_for_score(api, Score(7), wait_s=60, poll_s=0)
    assert score == Score(7, "complete", None, 1.25)

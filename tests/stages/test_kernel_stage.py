"""The kernel stage: what it writes and refuses. tests/competition/kaggle runs what it writes."""

import json

import pytest


def test_a_folder_is_written_and_nothing_sent(place):
    code, out, err = place(
        "kernel", "--user", "someone", "--set", "train.epochs=3", "--title", "Two T4s"
    )
    assert code == 0 and out == "" and "nothing was sent" in err
    folder = place.runs / "kernel"
    assert {path.name for path in folder.iterdir()} == {"kernel.py", "kernel-metadata.json"}
    assert json.loads((folder / "kernel-metadata.json").read_text())["id"] == "someone/two-t4s"
    arguments = ["--preset", "best", "--set", "train.epochs=3"]
    assert f"ARGUMENTS: list[str] = {arguments}" in (folder / "kernel.py").read_text()


def test_without_yes_kaggle_is_not_asked_for_the_owner(place, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("asked"))
    code, _, err = place("kernel")
    assert code == 2 and "give your name on Kaggle: --user NAME" in err
    assert not (place.runs / "kernel").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Kaggle is not asked without --yes -> give your name on Kaggle: --user NAME"),
        (("--user", "a", "--preset", "photo"), "not made for the keypoints"),
        (("--user", "a", "--set", "train.epoch=3"), "did you mean train.epochs"),
        (("--user", "a", "--set", "eda.seed=3"), "no stage here uses that setting"),
        (("--user", "a", "--set", "train.start_from=points68"), "carries the package's code alone"),
        (("--user", "a", "--set", "train.label_fixes=a.csv"), "carries the package's code alone"),
        (("--user", "a", "--title", "??"), "not a title for Kaggle"),
        (("--user", "a", "--title", "1,000 faces"), "not a title for Kaggle"),
        (("--user", "a b/c"), "not a name on Kaggle"),
        (("--user", "a", "--set", "train.model=gridnt"), "did you mean gridnet"),
        (("--user", "a", "--set", "train.model=detector"), "finds faces"),
    ],
)
def test_what_cannot_run_there_is_refused(place, arguments, message):
    code, _, err = place("kernel", *arguments)
    assert code == 2 and message in err
    assert not (place.runs / "kernel").exists()

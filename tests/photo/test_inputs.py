"""Working through inputs: unique names, and failures that do not stop the others."""

from pathlib import Path

import pytest
from PIL import Image

from kaggle_fkd.errors import FkdError, PictureError, UsageError
from kaggle_fkd.photo.inputs import process_inputs


@pytest.fixture
def folder(tmp_path):
    """Two pictures of the same name, but for the suffix."""
    for name in ("a.jpg", "a.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    return tmp_path


def test_every_input_has_a_unique_name(folder):
    records, failure = process_inputs(
        [str(folder), str(folder / "a.png")], folder / "out", lambda _, name: {"name": name}
    )
    assert [record["name"] for record in records] == ["a", "a-2", "a-3"] and failure is None
    assert (folder / "out").is_dir()


@pytest.mark.parametrize("letter", ["x", "\u00e4", "\u4eba"])
def test_names_that_are_as_long_as_possible_leave_room_for_endings(folder, letter):
    longest = 250 // len(letter.encode())
    given = [folder / f"{letter * (longest - 1)}{end}.png" for end in "12"]
    for path in given:
        Image.new("RGB", (8, 8)).save(path)

    def work(_, name):
        (folder / "out" / f"{name}_keypoints.png").touch()
        return {"name": name}

    records, failure = process_inputs([*map(str, given)], folder / "out", work)
    names = [record["name"] for record in records]
    assert failure is None and names[1] == f"{names[0]}-2" and set(names[0]) == {letter}


def test_a_file_that_is_called_as_the_example_is_read_itself(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "astronaut").touch()
    seen = []

    def work(path, _):
        seen.append(path)
        return {}

    process_inputs(["astronaut", "./astronaut"], folder / "out", work)
    assert seen == [Path("astronaut"), folder / "astronaut"]


def test_a_folder_of_one_of_the_pictures_is_not_written_into(folder):
    with pytest.raises(UsageError, match="could replace files beside the pictures"):
        process_inputs([str(folder / "a.png")], folder, lambda *_: {})


def test_a_failing_input_is_reported_and_the_rest_are_processed(folder, capfd):
    def work(path, _):
        if path.suffix == ".jpg":
            raise RuntimeError("the lamp is broken")
        return {"input": str(path)}

    given = [str(folder), str(folder / "gone.png")]
    records, failure = process_inputs(given, folder / "out", work)
    assert [sorted(record) for record in records] == [
        ["error", "input"],
        ["input"],
        ["error", "input"],
    ]
    assert isinstance(failure, PictureError) and failure.problem == "2 of 3 inputs failed"
    messages = capfd.readouterr().err
    assert "a.jpg: unexpected RuntimeError: the lamp is broken" in messages
    assert "gone.png" in messages


def test_a_single_input_that_fails_is_counted_as_one(folder):
    _, failure = process_inputs([str(folder / "gone.png")], folder / "out", lambda *_: {})
    assert failure.problem == "1 of 1 input failed"


@pytest.mark.parametrize("pattern", ["", "*.png"])
def test_results_do_not_go_into_a_folder_of_inputs(folder, pattern):
    with pytest.raises(UsageError, match="another output folder") as error:
        process_inputs([str(folder / pattern)], folder, lambda *_: {})
    assert "--" not in str(error.value)


def test_a_folder_that_cannot_be_made_is_rejected_before_any_work(folder):
    with pytest.raises(FkdError, match="cannot write"):
        process_inputs([str(folder)], folder / "a.png", lambda *_: pytest.fail("it has begun"))


def test_an_impossible_name_among_inputs_fails_alone(folder):
    records, failure = process_inputs(
        ["a\0b.png", str(folder / "a.png")], folder / "out", lambda *_: {}
    )
    assert [sorted(record) for record in records] == [["error", "input"], []]
    assert failure.problem == "1 of 2 inputs failed"


def test_a_listed_or_linked_picture_fails_in_the_folder_of_the_results(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "list.txt").write_text(f"{folder / 'a.png'}\n")
    (elsewhere / "links").mkdir()
    (elsewhere / "links" / "b.png").symlink_to(folder / "a.png")
    for given in ("list.txt", "links"):
        records, failure = process_inputs([str(elsewhere / given)], folder, lambda *_: {})
        assert "is in the output folder" in records[0]["error"] and failure


def test_the_example_is_drawn_into_the_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    _, failure = process_inputs(["astronaut"], Path(), lambda *_: {})
    assert failure is None

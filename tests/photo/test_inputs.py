"""Working through inputs: unique names, and failures that do not stop the others."""

from pathlib import Path

import pytest
from PIL import Image

from kaggle_fkd.errors import FkdError, MissingPictureError, PictureError, UsageError
from kaggle_fkd.photo.inputs import files_of, process_inputs


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


@pytest.fixture
def tree(tmp_path):
    """Files of all kinds, some of them in folders."""
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png", "clip.mp4", "in/c.heic", "out/d.png",
                 ".cache/e.png"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(text, tree, *suffixes):
    suffixes = (".png", ".jpg", ".heic", *suffixes)
    return [path.name for path in files_of(str(text), suffixes, tree / "out")]


def test_a_folder_stands_for_its_pictures_and_those_of_its_folders(tree):
    assert names(tree, tree) == ["a.png", "b.JPG", "c.heic"]
    assert names(tree, tree, ".mp4") == ["a.png", "b.JPG", "clip.mp4", "c.heic"]
    (tree / "empty").mkdir()
    with pytest.raises(PictureError, match="does not contain a picture"):
        names(tree / "empty", tree)


def test_a_file_stands_for_itself_and_a_pattern_for_what_it_matches(tree, monkeypatch):
    assert names(tree / "notes.txt", tree) == ["notes.txt"]
    assert files_of("astronaut", (), tree) == [Path("astronaut")]
    assert names(tree / "*.png", tree) == ["a.png"]
    assert names(tree / "*", tree) == ["a.png", "b.JPG", "c.heic"]
    monkeypatch.chdir(tree)
    assert names("**/c.*", tree) == ["c.heic"]
    assert names("i?", tree) == ["c.heic"]


def test_a_folder_may_have_the_signs_of_a_pattern_in_its_name(tree):
    (tree / "My[1]").mkdir()
    (tree / "My[1]" / "f.png").touch()
    assert names(tree / "My[1]", tree) == names(tree / "My[1]" / "*.png", tree) == ["f.png"]


def test_results_that_go_into_a_folder_around_the_inputs_leave_nothing_out(tree):
    for results in (tree, tree.parent):
        found = [path.name for path in files_of(str(tree / "in"), (".heic",), results)]
        assert found == ["c.heic"]


def test_an_impossible_name_among_inputs_fails_alone(folder):
    records, failure = process_inputs(
        ["a\0b.png", str(folder / "a.png")], folder / "out", lambda *_: {}
    )
    assert [sorted(record) for record in records] == [["error", "input"], []]
    assert failure.problem == "1 of 2 inputs failed"


@pytest.mark.parametrize(
    "text", ["gone.png", "*.gone", "HTTPS://example.org/a.jpg", "a\0b.png", "\0*.png"]
)
def test_an_input_that_leads_to_no_file_is_a_picture_error(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PictureError):
        files_of(text, (".png",), tmp_path)
    with pytest.raises(MissingPictureError, match="gone"):
        files_of("gone.png", (".png",), tmp_path)

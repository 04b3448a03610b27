"""The files that inputs stand for."""

import os
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from kaggle_fkd.errors import MissingPictureError, PictureError
from kaggle_fkd.photo.input_files import files_of


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
    return [Path(file).name for file in files_of(str(text), suffixes, tree / "out")]


def test_a_folder_stands_for_its_pictures_and_those_of_its_folders(tree):
    assert names(tree, tree) == ["a.png", "b.JPG", "c.heic"]
    assert names(tree, tree, ".mp4") == ["a.png", "b.JPG", "clip.mp4", "c.heic"]
    (tree / "empty").mkdir()
    with pytest.raises(PictureError, match="does not contain a picture"):
        names(tree / "empty", tree)


def test_the_folders_in_a_folder_are_listed_when_it_is_their_turn(tree):
    files = files_of(str(tree), (".png", ".heic"))
    assert next(files) == str(tree / "a.png")
    (tree / "in" / "b.png").touch()
    assert [Path(file).name for file in files] == ["b.png", "c.heic", "d.png"]


def test_a_file_stands_for_itself_and_a_pattern_for_what_it_matches(tree, monkeypatch):
    assert names(tree / "clip.mp4", tree) == ["clip.mp4"]
    assert list(files_of("astronaut", (), tree)) == ["astronaut"]
    assert names(tree / "*.png", tree) == ["a.png"]
    assert names(tree / "*", tree) == ["a.png", "b.JPG", "c.heic"]
    monkeypatch.chdir(tree)
    assert names("**/c.*", tree) == ["c.heic"]
    assert names("i?", tree) == ["c.heic"]


def test_a_folder_may_have_the_signs_of_a_pattern_in_its_name(tree):
    (tree / "My[1]").mkdir()
    (tree / "My[1]" / "f.png").touch()
    assert names(tree / "My[1]", tree) == names(tree / "My[1]" / "*.png", tree) == ["f.png"]


def test_a_text_file_is_a_list_of_paths_as_they_are_written_whether_they_exist_or_not(tree):
    lines = ["./b.JPG", "", "gone.png ", "clip.mp4", "h\u00e4.png", "a\udcff.png"]
    (tree / "list.txt").write_text("\ufeff" + "\r\n".join(lines), errors="surrogateescape")
    assert list(files_of(str(tree / "list.txt"), (".png",))) == [line for line in lines if line]
    with pytest.raises(PictureError, match="does not list a picture"):
        list(files_of(str(tree / "notes.txt"), (".png",)))
    assert names(tree, tree) == ["a.png", "b.JPG", "c.heic"]  # lists in folders are not read


def test_a_list_is_read_as_its_paths_are_taken(tree):
    (tree / "long.txt").write_text("a.png\n" * 1_000_000)
    files = files_of(str(tree / "long.txt"), (".png",))
    tracemalloc.start()
    try:
        assert [*islice(files, 5000)] == ["a.png"] * 5000
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
    files.close()


def test_a_list_that_is_a_pipe_is_not_waited_for(tree):
    os.mkfifo(tree / "pipe.txt")
    with pytest.raises(PictureError, match=r"pipe\.txt: not a regular file"):
        list(files_of(str(tree / "pipe.txt"), (".png",)))


def test_results_that_go_into_a_folder_around_the_inputs_leave_nothing_out(tree):
    for results in (tree, tree.parent):
        found = [Path(file).name for file in files_of(str(tree / "in"), (".heic",), results)]
        assert found == ["c.heic"]


@pytest.mark.parametrize(
    "text", ["gone.png", "*.gone", "HTTPS://example.org/a.jpg", "a\0b.png", "\0*.png"]
)
def test_an_input_that_leads_to_no_file_is_a_picture_error(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PictureError):
        list(files_of(text, (".png",), tmp_path))
    with pytest.raises(MissingPictureError, match="gone"):
        list(files_of("gone.png", (".png",), tmp_path))


def test_a_link_to_itself_is_left_out_alone(tree, capfd):
    (tree / "aa.png").symlink_to(tree / "aa.png")
    assert names(tree, tree) == ["a.png", "b.JPG", "c.heic"]
    assert "aa.png: left out" in capfd.readouterr().err


def test_links_to_folders_are_followed_but_not_in_circles(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.png").touch()
    (elsewhere / "back").symlink_to(tree)
    (tree / "in" / "linked").symlink_to(elsewhere)
    (tree / "in" / "around").symlink_to(tree)
    assert names(tree, tree) == ["a.png", "b.JPG", "c.heic", "far.png"]

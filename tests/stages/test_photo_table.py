"""The photo stage with --table: a row for each face, and every picture accounted for."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyarrow.parquet import ParquetFile
from skimage import data

from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.temporary import temporary_beside

EDGES = ["x0", "y0", "x1", "y1"]


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder with two faces, a picture without one, and others that cannot be read."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    astronaut = data.astronaut()
    Image.fromarray(np.hstack([astronaut[:256], astronaut[:256]])).save(folder / "twice.png")
    Image.fromarray(astronaut).save(folder / "more" / "face.png")
    Image.new("RGB", (60, 40), "grey").save(folder / "more" / "wall.jpg")
    (folder / "empty.jpg").touch()
    (folder / "torn.png").write_bytes((folder / "twice.png").read_bytes()[:5000])
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def tabulate(on_pictures, tmp_path):
    """The stage with --table out.parquet, in this process: exit code, and the lines of stderr."""

    def call(*arguments):
        code, out, err = on_pictures(
            "photo", "--table", "out.parquet", "--jobs", 1, "--input", *arguments
        )
        assert out == ""
        return code, err

    return call


def written(folder):
    """When each file in the folder was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_every_face_is_a_row_and_every_other_picture_is_one(tabulate, on_pictures, pictures):
    code, err = tabulate("pictures", "--part-size", 2)
    assert code == 1 and "2 of 5 pictures failed" in err[-1] and "column failure" in err[-1]
    assert len([line for line in err if line.startswith(("error", "warning"))]) == 1
    table = pd.read_parquet("out.parquet")
    assert table["picture"].tolist() == [
        f"pictures/{name}"
        for name in ("empty.jpg", "more/face.png", "more/wall.jpg", "torn.png", *["twice.png"] * 2)
    ]
    assert table["faces"].fillna(-1).tolist() == [-1, 1, 0, -1, 2, 2]
    assert table["face"].fillna(0).tolist() == [0, 1, 0, 0, 1, 2]
    failed = table["failure"].notna()
    assert failed.tolist() == [True, False, False, True, False, False]
    assert "0 bytes" in table["failure"][0] and "damaged" in table["failure"][3]
    assert table.loc[2, ["width", "height"]].tolist() == [60, 40]
    assert table.loc[[0, 2, 3], [*EDGES, "confidence", "keypoints", "errors"]].isna().all(axis=None)
    assert sorted(path.name for path in (pictures.parent / "out.parquet").iterdir()) == [
        "_listing", "_table.json", "part-00000.parquet", "part-00001.parquet", "part-00002.parquet"
    ]  # fmt: skip


def test_what_a_killed_call_left_in_the_folder_of_the_table_goes(tabulate, pictures):
    left = temporary_beside(pictures.parent / "out.parquet" / "_table.json")
    left.parent.mkdir()
    left.write_text("half")
    assert tabulate("pictures/more/wall.jpg")[0] == 0 and not left.exists()


def test_a_table_has_the_numbers_of_json(tabulate, on_pictures, pictures):
    assert tabulate("pictures/twice.png", "--points", 15)[0] == 0
    _, out, _ = on_pictures("photo", "--input", "pictures/twice.png", "--json", "--points", 15)
    (record,) = json.loads(out)
    table = pd.read_parquet("out.parquet")
    for row, face in zip(table.itertuples(), record["faces"], strict=True):
        assert [getattr(row, edge) for edge in EDGES] == pytest.approx(face["box"], abs=1e-4)
        assert row.confidence == pytest.approx(face["confidence"], abs=1e-6)
        np.testing.assert_allclose(row.keypoints.reshape(15, 2), face["keypoints"], atol=1e-4)
        np.testing.assert_allclose(row.errors, face["errors"], atol=1e-5)
    with ParquetFile("out.parquet/part-00000.parquet") as part:
        metadata = part.schema_arrow.metadata
    assert metadata[b"scheme"].decode() == KAGGLE15.name
    assert json.loads(metadata[b"names"]) == list(KAGGLE15.names)


def test_the_lines_of_a_list_are_pictures_whether_or_not_they_exist(tabulate, pictures):
    names = ["./pictures/more/face.png", "gone.jpg", "astronaut", "pictures", "b\udcff.png"]
    (pictures.parent / "list.txt").write_text("\n".join(names), errors="surrogateescape")
    code, err = tabulate("list.txt")
    assert code == 1 and "3 of 5 pictures failed" in err[-1]
    table = pd.read_parquet("out.parquet")
    assert table["picture"].tolist() == [*names[:4], r"b\udcff.png"]
    assert table["face"].fillna(0).tolist() == [1, 0, 1, 0, 0]
    assert "No such file" in table["failure"][1] and "is a folder" in table["failure"][3]


def test_a_repeated_call_does_nothing_and_says_what_failed(tabulate, pictures):
    first = tabulate("pictures")
    before = written(pictures.parent / "out.parquet")
    code, err = tabulate(str(pictures))  # the same folder, otherwise written
    assert (code, err[-1]) == (first[0], first[1][-1])
    assert "complete" in err[0] and written(pictures.parent / "out.parquet") == before


def test_an_unfinished_table_is_continued_with_the_pictures_that_were_listed(tabulate, pictures):
    tabulate("pictures", "--part-size", 1)
    complete = pd.read_parquet("out.parquet")
    folder = pictures.parent / "out.parquet"
    for part in (1, 4):
        (folder / f"part-0000{part}.parquet").unlink()
    (folder / ".part-00001.fkd-0123abcd.parquet").touch()  # of a process that was killed
    (pictures / "a.png").touch()
    before = written(folder)
    code, err = tabulate("pictures", "--part-size", 1)
    assert code == 1 and "2 of 5 parts left" in err[0]
    after = written(folder)
    assert len(after) == 7 and before.items() - after.items() == {
        (".part-00001.fkd-0123abcd.parquet", before[".part-00001.fkd-0123abcd.parquet"])
    }
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet"), complete, check_exact=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("pictures", "list.txt"), "inputs"),
        (("list.txt", "--points", 15), "keypoints"),
        (("list.txt", "--points-of", "frames"), "convention"),
        (("list.txt", "--part-size", 7), "part size"),
    ],
)
def test_other_inputs_or_settings_are_refused(tabulate, pictures, changed, said):
    (pictures.parent / "list.txt").write_text("pictures/more/face.png")
    tabulate("list.txt")
    before = written(pictures.parent / "out.parquet")
    code, err = tabulate(*changed)
    (line,) = err
    assert code == 2 and f"begun with other {said} -> name another folder" in line
    assert written(pictures.parent / "out.parquet") == before


def test_a_list_with_other_lines_is_refused(tabulate, pictures):
    (pictures.parent / "list.txt").write_text("pictures/more/face.png")
    tabulate("list.txt")
    (pictures.parent / "list.txt").write_text("pictures/twice.png")
    code, err = tabulate("list.txt")
    assert code == 2 and "begun with other lists" in err[-1]


def test_other_networks_are_refused(tabulate, pictures, crossed_run):
    assert tabulate("pictures/twice.png", "--points", 15, "--run", crossed_run.folder)[0] == 0
    code, err = tabulate("pictures/twice.png", "--points", 15)
    assert code == 2 and "begun with other" in err[-1] and "networks" in err[-1]


def test_a_folder_with_other_files_is_refused(tabulate, pictures):
    shutil.copytree(pictures, "out.parquet")
    before = written(pictures.parent / "out.parquet")
    code, err = tabulate("astronaut")
    assert code == 2 and "files that are not of a table" in err[-1]
    assert written(pictures.parent / "out.parquet") == before


@pytest.mark.parametrize("name", ["_table.json", "_listing", "part-00000.parquet"])
def test_a_damaged_table_is_said_in_one_line(tabulate, pictures, name):
    tabulate("astronaut")
    (pictures.parent / "out.parquet" / name).write_bytes(b"PAR1")
    code, err = tabulate("astronaut")
    assert code == 1 and f"{name} is" in err[-1] and "damaged" in err[-1]
    assert sum("error:" in line for line in err) == 1


def test_videos_are_counted_and_left_out(tabulate, pictures):
    (pictures / "clip.mp4").touch()
    _, err = tabulate("pictures")
    assert err[0].startswith("warning:") and "1 video left out" in err[0]
    assert len(pd.read_parquet("out.parquet")) == 6
    shutil.rmtree("out.parquet")
    code, err = tabulate("pictures/clip.mp4")
    assert code == 1 and "no picture among the inputs" in err[-1]


def test_inputs_that_lead_to_nothing_are_refused_before_any_work(tabulate, pictures):
    code, err = tabulate("pictures", "gone")
    assert code == 1 and "cannot read gone" in err[-1] and "cannot write" not in err[-1]
    assert written(pictures.parent / "out.parquet") == {}
    assert tabulate("pictures/twice.png")[0] == 0


@pytest.mark.parametrize(
    "option",
    [
        ("--json",), ("--csv",), ("--pts",), ("--coco",), ("--filter", "hat"), ("--no-boxes",),
        ("--indices",), ("--line-width", "2"), ("--output", "out"),
    ],
)  # fmt: skip
def test_drawings_and_other_files_are_not_of_a_table(tabulate, pictures, option):
    code, err = tabulate("pictures", *option)
    (line,) = err
    assert code == 2 and f"{option[0]} has no meaning with --table" in line
    assert not (pictures.parent / "out.parquet").exists()


@pytest.mark.parametrize("option", [("--jobs", 2), ("--ray", "local"), ("--part-size", 9)])
def test_options_of_a_table_are_not_of_drawings(on_pictures, option):
    code, _, err = on_pictures("photo", "--input", "astronaut", *option)
    (line,) = err
    assert code == 2 and f"{option[0]} has no meaning without --table" in line

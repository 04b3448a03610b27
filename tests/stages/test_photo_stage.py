"""The photo stage on the command line: pictures and videos in, drawings and numbers out."""

import json
import shutil
from functools import partial

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data

from kaggle_fkd.annotated.load import find_pictures
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.keypoints.pts import read_pts_file
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame, open_video


@pytest.fixture
def annotate(on_pictures):
    return partial(on_pictures, "photo")


@pytest.fixture
def pictures(tmp_path):
    """A folder with a face, a picture without one, and a file that is not a picture."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(data.astronaut()).save(folder / "face.png")
    Image.new("RGB", (60, 40), "grey").save(folder / "wall.jpg")
    (folder / "notes.txt").write_text("not looked at")
    return folder


def test_a_photograph_is_drawn_without_any_training(annotate, tmp_path):
    code, out, _ = annotate("--input", "astronaut", "--output", tmp_path / "out")
    assert code == 0 and out == ""
    drawn = np.asarray(Image.open(tmp_path / "out" / "astronaut_keypoints.png"))
    changed = (drawn != data.astronaut()).any(axis=2)
    assert drawn.shape == (512, 512, 3) and changed[80:190, 170:285].any()
    changed[55:195, 160:290] = False  # the label is above the box
    assert not changed.any()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"astronaut_keypoints.png"}


def test_the_output_lies_in_the_runs_folder_by_default(annotate, tmp_path):
    assert annotate("--input", "astronaut")[0] == 0
    assert (tmp_path / "runs" / "photo" / "astronaut_keypoints.png").exists()


def test_the_folder_of_the_inputs_takes_no_results(annotate, pictures):
    before = sorted(pictures.iterdir())
    code, _, err = annotate("--input", pictures, "--output", pictures / ".." / pictures.name)
    assert code != 0 and "inputs next time" in err[-1] and "another output folder" in err[-1]
    assert sorted(pictures.iterdir()) == before


def test_a_folder_of_results_inside_the_inputs_is_named_once_it_has_files(annotate, pictures):
    first, second = (
        annotate("--input", pictures, "--output", pictures / "drawn")[2] for _ in range(2)
    )
    said = f"{pictures / 'drawn'}: its files are left out, as results are written there"
    assert said not in first and said in second
    assert len(list((pictures / "drawn").iterdir())) == 2


def test_json_is_alone_on_stdout_and_beside_each_picture(annotate, pictures, tmp_path):
    code, out, _ = annotate("--input", pictures, "--json")
    assert code == 0
    face, wall = json.loads(out)
    assert np.shape(face["faces"][0]["keypoints"]) == (68, 2) and wall["faces"] == []
    assert face["input"] == str(pictures / "face.png")
    beside = json.loads((tmp_path / "runs" / "photo" / "face.json").read_text())
    assert beside == face


def test_a_picture_without_a_face_is_no_failure(annotate, pictures):
    code, _, err = annotate("--input", pictures / "wall.jpg")
    assert code == 0 and "no face" in err[-1]


def test_bad_inputs_cost_a_line_each_and_the_others_go_on(annotate, pictures, tmp_path):
    (pictures / "empty.jpg").touch()
    (pictures / "torn.png").write_bytes((pictures / "face.png").read_bytes()[:5000])
    code, out, err = annotate("--input", pictures, tmp_path / "nothing.jpg", "--json")
    problems = [line for line in err if line.startswith("error:")]
    assert code == 1 and len(problems) == 4
    for problem, name in zip(problems, ["empty.jpg", "torn.png", "nothing.jpg", "3 of 5"],
                             strict=True):  # fmt: skip
        assert name in problem
    records = json.loads(out)
    assert [("error" in record) for record in records] == [True, False, True, False, True]
    assert (tmp_path / "runs" / "photo" / "face_keypoints.png").exists()


def test_odd_metadata_cost_no_line(annotate, tmp_path):
    cut = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    Image.new("RGB", (60, 40), "grey").save(tmp_path / "odd.jpg", exif=cut)
    with pytest.warns(UserWarning, match="Corrupt EXIF"), Image.open(tmp_path / "odd.jpg") as odd:
        odd.getexif()
    code, _, err = annotate("--input", tmp_path / "odd.jpg")
    assert code == 0 and "no face" in err[-1]


def test_pictures_of_one_name_do_not_overwrite_each_other(annotate, pictures, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(pictures, other)
    assert annotate("--input", pictures, other)[0] == 0
    names = sorted(path.name for path in (tmp_path / "runs" / "photo").iterdir())
    assert names == [
        "face-2_keypoints.png", "face_keypoints.png", "wall-2_keypoints.jpg", "wall_keypoints.jpg",
    ]  # fmt: skip


def test_numbered_names_are_free_names(on_pictures, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.jpg", "a.png", "a-2.png"):
        Image.new("RGB", (30, 20), "grey").save(folder / name)
    assert on_pictures("photo", "--input", folder)[0] == 0
    assert len(list((tmp_path / "runs" / "photo").glob("*_keypoints.*"))) == 3


@pytest.mark.parametrize("name", ["q**r.png", "photo[1].png", "-dash.png", "two\nlines.png"])
def test_odd_names_are_names(on_pictures, tmp_path, name):
    Image.new("RGB", (30, 20), "grey").save(tmp_path / name)
    assert on_pictures("photo", "--input", tmp_path)[0] == 0
    assert (tmp_path / "runs" / "photo" / f"{name[:-4]}_keypoints.png").exists()


def test_csv_and_pts_say_the_same_as_json(annotate, tmp_path):
    code, out, _ = annotate("--input", "astronaut", "--json", "--csv", "--pts")
    assert code == 0
    face = json.loads(out)[0]["faces"][0]
    expected, errors = np.array(face["keypoints"]), face["errors"]
    folder = tmp_path / "runs" / "photo"
    row = pd.read_csv(folder / "astronaut.csv").iloc[0]
    in_csv = row[list(IBUG68.predicted_names)].to_numpy(float).reshape(68, 3)
    np.testing.assert_allclose(in_csv, np.column_stack([expected, errors]), atol=0.011)
    in_pts = read_pts_file(folder / "astronaut_1.pts")
    np.testing.assert_allclose(in_pts, expected, atol=0.011)


@pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)
def test_a_coco_file_of_predictions_can_be_trained_on(annotate, pictures, tmp_path, scheme):
    (pictures / "torn.png").write_bytes((pictures / "face.png").read_bytes()[:5000])
    shutil.copy(pictures / "face.png", pictures / "coco.png")
    code, out, err = annotate(
        "--input", pictures, "--points", len(scheme.names), "--json", "--coco"
    )
    assert code == 1 and any("coco.json: 3 pictures" in line for line in err)
    records = {record["input"]: record for record in json.loads(out)}
    (pictures / "torn.png").unlink()
    shutil.copy(tmp_path / "runs" / "photo" / "coco.json", pictures)
    found = find_pictures(pictures, scheme)
    assert [picture.name for picture in found] == ["coco.png", "face.png"]
    for picture in found:
        (face,) = records[str(pictures / picture.name)]["faces"]
        np.testing.assert_allclose(picture.keypoints, face["keypoints"], atol=0.011)
        picture.load()
    assert (tmp_path / "runs" / "photo" / "coco-2.json").exists()  # of coco.png


def test_videos_are_left_out_of_the_coco_file(annotate, tmp_path):
    grey = np.full((48, 64, 3), 90, np.uint8)
    write_video(tmp_path / "grey.mp4", [Frame(grey, 0.0)], 12.0)
    code, _, err = annotate("--input", tmp_path / "grey.mp4", "--coco")
    assert code == 0 and sum("1 video left out" in line for line in err) == 1
    document = json.loads((tmp_path / "runs" / "photo" / "coco.json").read_text())
    assert document["images"] == [] == document["annotations"]


def test_pts_files_hold_any_number_of_keypoints(annotate, tmp_path):
    code, _, _ = annotate("--input", "astronaut", "--points", "15", "--pts")
    assert code == 0
    path = tmp_path / "runs" / "photo" / "astronaut_1.pts"
    assert read_pts_file(path, KAGGLE15).shape == (15, 2)


def test_csv_of_no_face_has_its_columns(annotate, pictures, tmp_path):
    assert annotate("--input", pictures / "wall.jpg", "--csv")[0] == 0
    table = pd.read_csv(tmp_path / "runs" / "photo" / "wall.csv")
    assert len(table) == 0 and set(IBUG68.predicted_names) <= set(table.columns)


@pytest.mark.parametrize("name", filter_names())
def test_a_filter_is_worn_in_place_of_the_drawing(annotate, tmp_path, name):
    assert annotate("--input", "astronaut", "--filter", name)[0] == 0
    drawn = np.asarray(Image.open(tmp_path / "runs" / "photo" / f"astronaut_{name}.png"))
    changed = (drawn != data.astronaut()).any(axis=2)
    assert 300 < changed.sum() < 40_000 and changed[:, 110:350].sum() > 0.95 * changed.sum()


def test_an_unknown_filter_is_refused_before_any_work(annotate, tmp_path):
    code, _, err = annotate("--input", "astronaut", "--filter", "beard")
    assert code == 2 and "sunglasses" in err[-1]
    assert not (tmp_path / "runs" / "photo").exists()


def test_a_filter_without_anchors_for_the_keypoints_is_refused_before_any_work(annotate, tmp_path):
    Image.new("RGBA", (8, 8)).save(tmp_path / "own.png")
    anchors = {"ibug68": {"36": [1, 2], "45": [6, 2]}}
    (tmp_path / "own.json").write_text(json.dumps({"anchors": anchors}))
    options = ("--filter", tmp_path / "own.png", "--points", 15)
    code, _, err = annotate("--input", "astronaut", "astronaut", *options)
    assert code == 2 and "no anchors for kaggle15" in err[-1]
    assert not (tmp_path / "runs" / "photo").exists()


@pytest.mark.parametrize(
    ("option", "wanted"),
    [(["--no-boxes"], False), (["--indices"], True), (["--line-width", "3"], True)],
    ids=["no_boxes", "indices", "line_width"],
)
def test_options_change_the_drawing(annotate, tmp_path, option, wanted):
    def drawn(*options):
        assert annotate("--input", "astronaut", *options)[0] == 0
        picture = np.asarray(Image.open(tmp_path / "runs" / "photo" / "astronaut_keypoints.png"))
        return (picture != data.astronaut()).any(axis=2)

    plain, changed = drawn(), drawn(*option)
    assert (changed.sum() > plain.sum()) == wanted and (changed != plain).any()


@pytest.mark.parametrize("option", [["--no-boxes"], ["--indices"], ["--line-width", "3"]])
def test_a_filter_has_neither_boxes_nor_lines(annotate, tmp_path, option):
    code, _, err = annotate("--input", "astronaut", "--filter", "hat", *option)
    assert code == 2 and f"{option[0]} has no meaning with --filter" in err[-1]
    assert not (tmp_path / "runs" / "photo").exists()


def test_fifteen_points(annotate):
    code, out, _ = annotate("--input", "astronaut", "--points", 15, "--json")
    face = json.loads(out)[0]["faces"][0]
    assert code == 0 and face["scheme"] == KAGGLE15.name and np.shape(face["keypoints"]) == (15, 2)


def test_a_run_of_ones_own_is_shown_on_photographs(annotate, crossed_run):
    code, out, _ = annotate("--input", "astronaut", "--run", crossed_run.folder, "--json")
    face = json.loads(out)[0]["faces"][0]
    assert code == 0 and face["scheme"] == KAGGLE15.name
    code, _, err = annotate("--input", "astronaut", "--run", crossed_run.folder, "--points", 68)
    assert code == 2 and "68" in err[-1]


def test_a_video_is_annotated_frame_by_frame(annotate, tmp_path):
    frame = cv2.resize(data.astronaut()[:300, 60:360], (160, 160))
    moving = [np.roll(frame, 2 * step, axis=1) for step in range(6)]
    write_video(tmp_path / "walk.mp4", map(Frame, moving, np.arange(6) / 12), 12.0)
    code, out, err = annotate("--input", tmp_path / "walk.mp4", "--json")
    assert "walk.mp4: 6 frames, 1 face in each" in err[-1]
    (record,) = json.loads(out)
    assert code == 0 and [len(faces) for faces in record["frames"]] == [1] * 6
    places = [np.mean(faces[0]["keypoints"], axis=0)[0] for faces in record["frames"]]
    assert places[-1] - places[0] == pytest.approx(10, abs=1.5)
    written = open_video(tmp_path / "runs" / "photo" / "walk_keypoints.mp4")
    assert written.rate == pytest.approx(12) and len(list(written.frames())) == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--input"),
        (("--input", "astronaut", "--run", "none"), "no run none"),
    ],
)
def test_wrong_usage_is_said_in_one_line(annotate, arguments, said):
    code, out, err = annotate(*arguments)
    assert code in (1, 2) and out == "" and said in err[-1]
    assert sum("error:" in line for line in err) == 1


def test_an_output_that_cannot_be_written_is_said_before_any_work(on_pictures, tmp_path):
    (tmp_path / "file").touch()
    code, _, err = on_pictures("photo", "--input", "astronaut", "--output", tmp_path / "file")
    assert code == 1 and "cannot write" in err[-1] and sum("error:" in line for line in err) == 1


@pytest.mark.parametrize("width", ["0", "-1", "nan", "1e9"])
def test_an_impossible_width_of_lines_is_rejected(annotate, width):
    code, _, err = annotate("--input", "astronaut", f"--line-width={width}")
    (line,) = err
    assert code == 2 and "--line-width" in line and "0.1 to 5" in line

"""Annotated pictures as people have them, good and bad, and the chips made of them."""

import shutil
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.made_up_faces import a_face_of_68

from kaggle_fkd.errors import DataError, FkdError, NoDataError
from kaggle_fkd.imaging.chips import transform_points
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.annotations import load_points68
from kaggle_fkd.photo.annotations.files import download_udacity
from kaggle_fkd.photo.annotations.formats import person_of
from kaggle_fkd.photo.annotations.load import find_pictures, mean_shape

PERSONS = ["Ann_Lee_00.jpg", "Ann_Lee_12.jpg", "Bo_01.jpg"]


def a_shape(seed: int) -> np.ndarray:
    """68 points somewhere in a picture of 200 x 160 pixels, turned and scaled."""
    rng = np.random.default_rng(seed)
    scale, angle = rng.uniform(0.4, 0.7), rng.uniform(-0.5, 0.5)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = rng.uniform((80, 60), (120, 80))
    shape = a_face_of_68() + rng.normal(0, 0.5, (68, 2))
    return np.round(transform_points(np.column_stack([linear, centre]), shape), 3)


def write_picture(path: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 20, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((200, 160)).save(path)


def csv_row(name: str, seed: int) -> str:
    return ",".join([name, *map(str, a_shape(seed).ravel())])


def write_udacity(folder: Path, part: str = "training", names: list[str] = PERSONS) -> Path:
    for seed, name in enumerate([*names, "Nobody_00.jpg"]):
        write_picture(folder / part / name, seed)
    header = ",".join(["", *map(str, range(136))])
    rows = [csv_row(name, seed) for seed, name in enumerate(names)]
    (folder / f"{part}_frames_keypoints.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


def pts_text(shape: np.ndarray, count: int = 68) -> str:
    lines = [f"{x:.3f} {y:.3f}" for x, y in shape + 1]
    return "\n".join(["version: 1", f"n_points: {count}", "{", *lines, "}"]) + "\n"


def write_pts(folder: Path, names: tuple[str, ...] = ("a.jpg", "deep/er/b.PNG")) -> Path:
    for seed, name in enumerate(names):
        write_picture(folder / name, seed)
        (folder / name).with_suffix(".pts").write_text(pts_text(a_shape(seed)))
    return folder


def zipped(folder: Path, archive: Path, top: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, Path(top) / path.relative_to(folder))
        file.writestr("__MACOSX/._training_frames_keypoints.csv", b"\0shadow")
    return archive


def test_the_keypoints_are_those_of_the_csv(tmp_path):
    pictures = find_pictures(write_udacity(tmp_path))
    assert [picture.name for picture in pictures] == [f"training/{name}" for name in PERSONS]
    assert [picture.subject for picture in pictures] == ["Ann_Lee", "Ann_Lee", "Bo"]
    for seed, picture in enumerate(pictures):
        np.testing.assert_allclose(picture.keypoints, a_shape(seed))
        assert picture.load().shape == (160, 200, 3)


def test_the_keypoints_of_pts_files_count_from_1(tmp_path):
    pictures = find_pictures(write_pts(tmp_path))
    assert [picture.name for picture in pictures] == ["a.jpg", "deep/er/b.PNG"]
    for seed, picture in enumerate(pictures):
        np.testing.assert_allclose(picture.keypoints, a_shape(seed), atol=1e-9)
    assert pictures[0].subject != pictures[1].subject


@pytest.mark.parametrize("top", ["", "train-test-data"])
@pytest.mark.parametrize("write", [write_udacity, write_pts])
def test_a_zip_gives_the_faces_of_its_folder(tmp_path, write, top):
    folder = write(tmp_path / "folder")
    archive = zipped(folder, tmp_path / "data.zip", top)
    expected = load_points68([folder], 32, 4)
    assert load_points68([archive], 32, 4).digest() == expected.digest()


def test_the_test_frames_are_read_when_asked_for(tmp_path):
    write_udacity(tmp_path)
    write_udacity(tmp_path, "test", ["Bo_07.jpg"])
    assert len(load_points68([tmp_path], 32, 4)) == 3
    assert [picture.name for picture in find_pictures(tmp_path, "test")] == ["test/Bo_07.jpg"]


def test_persons_are_the_same_in_every_source_and_pts_pictures_are_strangers(tmp_path):
    frames = write_udacity(tmp_path / "frames")
    more = write_udacity(tmp_path / "more", names=["Bo_33.jpg"])
    write_picture(more / "training" / "Bo_33.jpg", seed=50)
    photographs = write_pts(tmp_path / "photographs")
    for seed, name in enumerate(("a.jpg", "deep/er/b.PNG"), start=60):
        write_picture(photographs / name, seed)
    faces = load_points68([frames, photographs, more], 32, 4)
    assert faces.subject.tolist() == [0, 0, 1, 2, 3, 1]
    assert len(set(faces.repeat_groups())) == 4


def test_the_same_data_have_the_same_digest_wherever_they_lie(tmp_path):
    first = [write_pts(tmp_path / "a"), write_udacity(tmp_path / "b")]
    second = [write_pts(tmp_path / "z" / "y"), write_udacity(tmp_path / "x")]
    assert load_points68(first, 32, 4).digest() == load_points68(second, 32, 4).digest()


@pytest.mark.parametrize(
    ("file_name", "person"),
    [("Luis_Fonsi_21.jpg", "Luis_Fonsi"), ("A_B_C_0.png", "A_B_C"), ("Cher.jpg", "Cher.jpg")],
)
def test_the_person_is_the_name_without_its_number(file_name, person):
    assert person_of(file_name) == person


BAD_ROWS = [
    (csv_row("Gone_00.jpg", 0), "no picture 'Gone_00.jpg'"),
    (csv_row("../training/Bo_01.jpg", 0), "no picture"),
    (csv_row("Bo_01.jpg", 0) + ",7", "137 coordinates instead of 136"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0], "135 coordinates"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",", "no finite number: ''"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",nan", "no finite number: 'nan'"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",12px", "no finite number: '12px'"),
    ("Bo_01.jpg" + ",5" * 136, "on one line"),
    ("", "no picture ''"),
]


@pytest.mark.parametrize(("row", "problem"), BAD_ROWS)
def test_a_bad_row_is_named(tmp_path, row, problem):
    table = write_udacity(tmp_path) / "training_frames_keypoints.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:3], row, *lines[3:]]))
    with pytest.raises(DataError) as caught:
        load_points68([tmp_path], 32, 4)
    assert str(table) in caught.value.problem
    assert "row 2 (counted from 0; line 4)" in caught.value.problem
    assert problem in caught.value.problem


def test_windows_line_ends_and_a_bom_are_fine(tmp_path):
    expected = load_points68([write_udacity(tmp_path / "unix"), write_pts(tmp_path / "pts")], 32, 4)
    windows = [write_udacity(tmp_path / "windows"), write_pts(tmp_path / "windows pts")]
    for path in [*windows[0].glob("*.csv"), *windows[1].rglob("*.pts")]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_points68(windows, 32, 4).digest() == expected.digest()


BAD_PTS = [
    (pts_text(a_shape(0), count=49), "n_points is 49, not 68"),
    (pts_text(a_shape(0)).replace("n_points: 68", ""), "no line with n_points"),
    (pts_text(a_shape(0)[:67]), "134 coordinates instead of 136"),
    (pts_text(a_shape(0)).replace("{", ""), "not in braces"),
    (pts_text(a_shape(0)).replace("}", ""), "not in braces"),
    (pts_text(a_shape(0)).replace("{\n", "{\nx"), "no finite number: 'x"),
    ("", "no line with n_points"),
]


@pytest.mark.parametrize(("text", "problem"), BAD_PTS)
def test_a_bad_pts_file_is_named(tmp_path, text, problem):
    bad = write_pts(tmp_path) / "a.pts"
    bad.write_text(text)
    with pytest.raises(DataError) as caught:
        load_points68([tmp_path], 32, 4)
    assert str(bad) in caught.value.problem
    assert problem in caught.value.problem


def test_a_pts_file_without_its_picture_is_named(tmp_path):
    (write_pts(tmp_path) / "a.jpg").unlink()
    with pytest.raises(DataError, match=r"a\.pts: no picture of that name"):
        load_points68([tmp_path], 32, 4)


def test_a_picture_without_a_pts_file_is_left_out(tmp_path):
    (write_pts(tmp_path) / "a.pts").unlink()
    assert len(load_points68([tmp_path], 32, 4)) == 1


@pytest.mark.parametrize("damage", [b"", b"no picture at all", "cut"])
def test_a_damaged_picture_is_named(tmp_path, damage):
    picture = write_pts(tmp_path) / "a.jpg"
    picture.write_bytes(picture.read_bytes()[:900] if damage == "cut" else damage)
    with pytest.raises(DataError, match=r"a\.jpg is (empty|not a picture|damaged)"):
        load_points68([tmp_path], 32, 4)


def test_a_path_with_nothing_to_read_is_named(tmp_path):
    with pytest.raises(NoDataError, match="no such folder or zip"):
        load_points68([tmp_path / "gone"], 32, 4)
    with pytest.raises(NoDataError, match=r"no \.pts files"):
        load_points68([tmp_path], 32, 4)
    page = tmp_path / "page.zip"
    page.write_text("<html>")
    with pytest.raises(DataError, match="not a whole zip"):
        load_points68([page], 32, 4)


def test_the_mean_face_is_upright_symmetrical_and_of_its_size():
    mean = mean_shape(np.stack([a_shape(seed) for seed in range(20)]), 100)
    sides = np.ptp(mean, axis=0)
    assert sides.max() == pytest.approx(100 / 1.25)
    np.testing.assert_allclose((mean.min(axis=0) + mean.max(axis=0)) / 2, 49.5)
    np.testing.assert_allclose(99 - mean[:, 0], mean[list(IBUG68.flip_order), 0])
    assert mean[8, 1] == mean[:, 1].max()  # the chin is below


def test_the_faces_are_aligned_and_their_pixels_move_with_them(tmp_path):
    """Each picture is dark, with a bright spot on the tip of the nose."""
    for seed in range(6):
        shape = a_shape(seed)
        rows, columns = np.mgrid[:160, :200]
        distance = np.hypot(columns - shape[30, 0], rows - shape[30, 1])
        picture = np.uint8(255 * np.exp(-((distance / 4) ** 2)))
        Image.fromarray(picture).save(tmp_path / f"{seed}.png")
        (tmp_path / f"{seed}.pts").write_text(pts_text(shape))
    faces = load_points68([tmp_path], 96, 16)
    assert (faces.size, faces.margin, len(faces)) == ((128, 128), 16, 6)
    assert faces.scheme is IBUG68
    assert faces.keypoints.std(axis=0).max() < 2
    for image, keypoints in zip(faces.images, faces.keypoints, strict=True):
        light = image.astype(float)
        rows, columns = np.mgrid[:128, :128]
        centre = (columns * light).sum() / light.sum(), (rows * light).sum() / light.sum()
        assert centre == pytest.approx(keypoints[30], abs=0.1)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder and the address that serves it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if not self.path.startswith("/cut"):
                return super().do_GET()
            body = (folder / self.path[1:]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return self.wfile.write(body[:-200])

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_downloaded_archive_can_be_read(tmp_path, served):
    folder, address = served
    zipped(write_udacity(tmp_path / "frames"), folder / "archive.zip")
    target = download_udacity(tmp_path / "new" / "youtube68.zip", f"{address}/archive.zip")
    assert len(load_points68([target], 32, 4)) == 3


@pytest.mark.parametrize(
    ("name", "problem"),
    [("gone.zip", "404"), ("page.zip", "no zip"), ("cut.zip", "download failed")],
)
def test_a_failed_download_names_the_remedy_and_keeps_the_old_file(tmp_path, served, name, problem):
    folder, address = served
    (folder / "page.zip").write_text("<html>Log in first</html>")
    zipped(write_pts(tmp_path / "pts"), folder / "cut.zip")
    target = tmp_path / "target" / "youtube68.zip"
    target.parent.mkdir()
    shutil.copy(folder / "cut.zip", target)
    before = target.read_bytes()
    with pytest.raises(DataError, match=problem) as caught:
        download_udacity(target, f"{address}/{name}")
    assert "in a browser" in caught.value.remedy
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_no_network_is_told_from_a_full_disk(tmp_path, monkeypatch, served):
    folder, address = served
    with pytest.raises(DataError, match="download failed"):
        download_udacity(tmp_path / "youtube68.zip", "http://127.0.0.1:9/archive.zip")
    zipped(write_pts(tmp_path / "pts"), folder / "archive.zip")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FkdError, match="cannot write"):
        download_udacity(tmp_path / "file" / "youtube68.zip", f"{address}/archive.zip")

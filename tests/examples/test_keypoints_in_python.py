"""`examples/keypoints.py`, as its user runs it."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.keypoint_example import EXAMPLES, keypoints_in_python, run_example, spot
from support.onnx_centroid import ERROR, FIXED, HEIGHT, WIDTH, in_picture, write_centroid_network

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.photo.finder import FaceKeypoints

EXIF_ORIENTATION, TURNED_LEFT = 0x0112, 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    return write_centroid_network(tmp_path_factory.mktemp("network") / "centroid.onnx")


def save(picture: np.ndarray, path: Path) -> Path:
    Image.fromarray(picture).save(path)
    return path


@pytest.mark.parametrize(
    ("size", "place", "radius", "box"),
    [
        ((60, 80), (41.3, 27.8), 2, (30, 20, 54, 38)),  # enlarged
        ((200, 300), (130.2, 90.7), 8, (90.5, 60.25, 170, 120)),
        ((1200, 1600), (820.6, 601.9), 40, (400, 300, 1240, 930)),  # reduced 21 times
        ((200, 300), (30.2, 20.7), 6, (-30, -20, 90, 60)),  # extends beyond the picture
    ],
)
def test_a_keypoint_is_where_it_is_in_the_picture(network, tmp_path, size, place, radius, box):
    picture = save(spot(size, place, radius), tmp_path / "spot.png")
    found = keypoints_in_python(network, picture, *box)
    *fixed, scale = in_picture(box, FIXED)
    assert found["bright"] == pytest.approx([*place, ERROR * scale], abs=0.1 * scale)
    # Without pixels in between, it is exact; the default convention is the first, index 0.
    assert found["fixed"] == pytest.approx([*fixed, 0], abs=0.01)


def test_outside_the_picture_its_border_is_repeated(network, tmp_path):
    """The picture is bright in its lower right quarter; the chip also to the right and below."""
    quarters = np.zeros((50, 50), np.uint8)
    quarters[25:, 25:] = 200
    box = (-20, -30, 80, 75)
    *end, scale = in_picture(box, (WIDTH - 0.5, HEIGHT - 0.5))
    found = keypoints_in_python(network, save(quarters, tmp_path / "quarters.png"), *box)
    middle = [(24.5 + each) / 2 for each in end]
    assert found["bright"] == pytest.approx([*middle, ERROR * scale], abs=0.1)


def test_fine_detail_does_not_alias_in_a_face_that_shrinks(network, tmp_path):
    """Stripes of one pixel become the grey in their middle, which the other half of it has."""
    box = (100, 100, 510, 407.5)  # 10.25 pixels of the picture to one of the chip
    x, y, scale = in_picture(box, ((WIDTH - 1) / 2, (HEIGHT - 1) / 2))
    striped = np.full((700, 900), 128, np.uint8)
    columns = np.arange(round(x) + 1)
    striped[:, columns] = 255 * (columns % 2)
    found = keypoints_in_python(network, save(striped, tmp_path / "stripes.png"), *box)
    assert found["bright"][:2] == pytest.approx([x, y], abs=0.1 * scale)


def test_colours_count_as_in_the_networks_training(network, tmp_path):
    """The left half is pure green, the right half the grey of the same lightness."""
    box = (8, 4, 48, 34)  # as in the chip, which is the picture
    picture = np.full((HEIGHT, WIDTH, 3), round(0.587 * 255), np.uint8)
    picture[:, : WIDTH // 2] = 0, 255, 0
    found = keypoints_in_python(network, save(picture, tmp_path / "green.png"), *box)
    assert found["bright"][:2] == pytest.approx([(WIDTH - 1) / 2, (HEIGHT - 1) / 2], abs=0.02)


def test_a_photograph_of_a_phone_held_on_its_side_is_turned_upright(network, tmp_path):
    upright = Image.fromarray(spot((160, 120), (41, 93), 6))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = TURNED_LEFT
    photograph = tmp_path / "photograph.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(photograph, exif=exif, quality=95)
    found = keypoints_in_python(network, photograph, 20, 70, 60, 110)
    assert found["bright"][:2] == pytest.approx([41, 93], abs=0.1)


def test_the_keypoints_are_drawn(network, tmp_path):
    picture = save(np.full((60, 80), 90, np.uint8), tmp_path / "grey.png")
    drawing = tmp_path / "drawing.png"
    box = (10, 10, 60, 50)
    found = keypoints_in_python(network, picture, *box, drawing)
    drawn = np.asarray(Image.open(drawing))
    x, y, error = found["bright"]
    lime = (drawn == (0, 255, 0)).all(axis=2)
    assert drawn.shape == (60, 80, 3) and lime[round(y), round(x + error)]


def test_what_the_example_cannot_use_is_refused(network, tmp_path):
    picture = save(np.full((60, 80), 90, np.uint8), tmp_path / "grey.png")
    deep = save(np.full((60, 80), 9000, np.uint16), tmp_path / "deep.png")
    detector = write_centroid_network(tmp_path / "detector.onnx", task="detection")
    box = (10, 10, 60, 50)
    for file, shown, place, reason in (
        (detector, picture, box, "not a keypoint network"),
        (network, picture, (60, 10, 10, 50), "the box is empty"),
        (network, deep, box, "more than 8 bits"),
        (network, tmp_path / "gone.png", box, "there is no file"),
        (tmp_path / "gone.onnx", picture, box, "there is no file"),
    ):
        result = run_example(file, shown, *place)
        assert result.returncode != 0 and reason in result.stderr
        assert "Traceback" not in result.stderr


def test_the_network_of_the_package_gives_the_points_that_the_package_gives(tmp_path):
    (face,) = FaceKeypoints().detect("astronaut")
    found = keypoints_in_python(POINTS68, ASTRONAUT_FILE, *face.box)
    away = np.array([place[:2] for place in found.values()]) - face.keypoints
    assert list(found) == list(face.scheme.names)
    # The package aligns the face by its eyes; the example takes it as it is.
    assert np.linalg.norm(away, axis=1).mean() < 0.03 * face.size


def test_neither_kaggle_fkd_nor_torch_is_needed():
    tree = ast.parse((EXAMPLES / "keypoints.py").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in imports
        for alias in node.names
    }
    assert modules - sys.stdlib_module_names == {"numpy", "onnxruntime", "PIL"}

"""What `FaceKeypoints` is made from: runs of any scheme, detectors, numbers of points; copies."""

import inspect
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from skimage import data
from support.exported_networks import finished_run
from support.own_schemes import THREE, TWO, UNKNOWN
from support.small_runs import blank_face, quick

import kaggle_fkd
from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.networks import build_network
from kaggle_fkd.photo.detectors import FaceDetector
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.training.labels import network_shape

ASTRONAUT = data.astronaut()
SIZE = OnnxKeypoints(POINTS68).metadata.width


@pytest.fixture(scope="module")
def face():
    (face,) = FaceKeypoints().detect(ASTRONAUT)
    return face


def mean_run(runs_dir, scheme):
    """A run whose network gives the mean keypoints of the scheme, for any picture."""
    config = quick(mirror_heads=False)
    network = build_network("lenet", network_shape(blank_face(scheme), config))
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
    mean = OnnxKeypoints(POINTS68).metadata.mean_shape(0)
    mean = scheme.from_ibug68(mean)[None].astype(np.float32) * (96 / SIZE)
    network.set_mean_keypoints(torch.from_numpy(mean))
    run = finished_run(runs_dir, scheme=scheme, networks=(network,), config=config)
    summary = run.member(0).summary | {"conventions": [scheme.conventions[0].name]}
    run.member(0).finish(network.state_dict(), summary)
    return run


@pytest.fixture(scope="module")
def ibug_run(tmp_path_factory):
    """A `mean_run` of iBUG's points; tests must not write into it."""
    return mean_run(tmp_path_factory.mktemp("ibug"), IBUG68)


def test_the_package_itself_offers_the_class():
    assert kaggle_fkd.FaceKeypoints is FaceKeypoints


def test_arguments_are_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        FaceKeypoints(15)


def test_the_help_describes_every_argument_and_the_default_device():
    text = inspect.getdoc(FaceKeypoints)
    for argument in ("run", "convention", "points", "detector", "mirror", "device"):
        assert f"\n{argument}: " in text
    assert 'By default, "cpu" (the default of the command line is auto)' in " ".join(text.split())


@pytest.mark.parametrize("detector", ["yunet", 3, FaceDetector])
def test_a_detector_that_is_not_a_function_is_rejected_at_once(detector):
    with pytest.raises(UsageError, match="not a callable instance -> give a function"):
        FaceKeypoints(detector=detector)


@pytest.mark.parametrize(
    "boxes", [None, [[1, 2, 3]], [[0, 0, 0, 0]], [[0, 0, 9, 9, 1.5]], [[0, 0, 9, 9, 1, 5]], [5]]
)
def test_boxes_of_a_detector_are_checked(boxes):
    with pytest.raises(UsageError, match="box"):
        FaceKeypoints(detector=lambda _: boxes).detect(ASTRONAUT)


def test_a_detector_may_return_scores_and_eyes(face):
    box, eyes = [100, 60, 340, 300], KAGGLE15.from_ibug68(face.keypoints)
    places = [KAGGLE15.index(f"{side}_eye_center") for side in ("right", "left")]
    upside_down = np.ascontiguousarray(ASTRONAUT[::-1, ::-1])
    turned = np.array(ASTRONAUT.shape[1::-1]) - 1 - eyes[places]
    row = [*(512 - face.box[[2, 3, 0, 1]]), 0.85, *turned.ravel()]
    (found,) = FaceKeypoints(detector=lambda _: [row]).detect(upside_down)
    assert found.confidence == 0.85
    np.testing.assert_allclose(511 - found.keypoints, face.keypoints, atol=4)
    assert FaceKeypoints(detector=lambda _: [[*box, 0.2]]).detect(ASTRONAUT) == []


def test_a_detector_may_return_the_frame_of_a_crop(face):
    x0, y0, x1, y1 = face.box.astype(int)
    finder = FaceKeypoints(detector=lambda crop: np.array([[0, 0, *crop.shape[1::-1]]]))
    (found,) = finder.detect(ASTRONAUT[y0:y1, x0:x1])
    np.testing.assert_allclose(found.keypoints, face.keypoints - (x0, y0), atol=4)
    np.testing.assert_allclose(found.box, box_of_keypoints(found.keypoints))


def test_a_pickled_copy_finds_the_same_faces(face):
    copy = pickle.loads(pickle.dumps(FaceKeypoints(points=15)))
    (found,) = copy.detect(ASTRONAUT)
    assert found.scheme == KAGGLE15 and found.confidence == pytest.approx(face.confidence)
    np.testing.assert_allclose(found.keypoints, KAGGLE15.from_ibug68(face.keypoints), atol=1e-3)


@pytest.mark.slow
def test_worker_processes_find_faces_and_hand_errors_on(face, tmp_path):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        (found,) = pool.submit(FaceKeypoints().detect, ASTRONAUT).result()
        np.testing.assert_allclose(found.keypoints, face.keypoints, atol=1e-3)
        with pytest.raises(FileNotFoundError, match=r"gone\.png"):
            pool.submit(FaceKeypoints().detect, tmp_path / "gone.png").result()


def test_fifteen_points_are_those_of_the_competition(face):
    (found,) = FaceKeypoints(points=15).detect(ASTRONAUT)
    assert found.scheme == KAGGLE15
    expected = KAGGLE15.from_ibug68(face.keypoints, 0)
    np.testing.assert_allclose(found.keypoints, expected, atol=0.05)


def test_the_networks_of_a_run_are_used_instead_of_the_pretrained_ones(crossed_run):
    own = FaceKeypoints(run=crossed_run)
    (found,) = own.detect(ASTRONAUT)
    assert found.scheme == KAGGLE15 and found.keypoints.shape == (15, 2)
    # Hardly trained, on drawn faces; but they look at this face and nowhere else.
    low, high = found.keypoints.min(axis=0), found.keypoints.max(axis=0)
    assert (low > found.box[:2] - 20).all() and (high < found.box[2:] + 20).all()
    with pytest.raises(UsageError, match="this network gives 15 keypoints, not 68"):
        FaceKeypoints(run=crossed_run, points=68)
    assert FaceKeypoints(run=crossed_run.folder, points=15).scheme == KAGGLE15


@pytest.mark.parametrize("scheme", [TWO, THREE, IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)
def test_the_networks_of_a_run_may_have_any_scheme(tmp_path, face, ibug_run, scheme):
    run = ibug_run if scheme == IBUG68 else mean_run(tmp_path, scheme)
    finder = FaceKeypoints(run=run)
    (found,) = finder.detect(ASTRONAUT)
    assert found.scheme == finder.scheme == scheme
    # The mean keypoints of the scheme, put onto this face by a similarity.
    expected = scheme.from_ibug68(face.keypoints)
    assert np.linalg.norm(found.keypoints - expected, axis=1).mean() < 5
    assert finder.chip(found).shape == (96, 96)
    assert found.as_dict()["names"] == list(scheme.names)


def test_a_face_is_averaged_with_its_mirror_image_unless_that_is_not_wanted(ibug_run):
    """The network of this run gives the same places whatever it sees."""
    own = ibug_run.member(0).load_network(torch.device("cpu")).mean_keypoints[0].numpy()
    chips = np.zeros((1, 96, 96), np.uint8)
    for mirror in (True, False):
        networks = FaceKeypoints(run=ibug_run, mirror=mirror).networks
        found = networks.predict(chips, np.eye(2, 3)[None])[0, :, :2]
        turned = own[list(IBUG68.flip_order)] * [-1, 1] + [95, 0]
        np.testing.assert_allclose(found, (own + turned) / 2 if mirror else own, atol=0.01)


def test_a_run_of_ibugs_points_gives_those_of_the_competition_as_well(ibug_run):
    (found,) = FaceKeypoints(run=ibug_run, points=15).detect(ASTRONAUT)
    assert found.keypoints.shape == (15, 2) and found.scheme == KAGGLE15


def test_a_label_convention_is_one_of_those_that_the_networks_know(ibug_run):
    assert FaceKeypoints(run=ibug_run, convention="photographs").scheme == IBUG68
    with pytest.raises(UsageError, match="not trained on the label convention frames"):
        FaceKeypoints(run=ibug_run, convention="frames")
    with pytest.raises(UsageError, match=r"not trained on the label convention potos.*photographs"):
        FaceKeypoints(convention="potos")


def test_the_package_predicts_either_label_convention(face):
    (tracked,) = FaceKeypoints(convention="frames").detect(ASTRONAUT)
    apart = np.linalg.norm(tracked.keypoints - face.keypoints, axis=1)
    assert 0.1 < apart.mean() < 4
    (default,) = FaceKeypoints(convention="photographs").detect(ASTRONAUT)
    np.testing.assert_allclose(default.keypoints, face.keypoints, atol=1e-3)


def test_the_head_of_a_run_is_that_of_the_convention_it_was_trained_on(tmp_path, face):
    """Trained on frames alone, its head of photographs gives nothing but the middle."""
    run = mean_run(tmp_path, IBUG68)
    member = run.member(0)
    network = member.load_network(torch.device("cpu"))
    network.mean_keypoints[0] = 48
    summary = {"validation_rmse": {"all": 1.0}, "conventions": ["frames"]}
    member.finish(network.state_dict(), summary)
    finder = FaceKeypoints(run=run)
    assert finder.networks.convention == 1
    (found,) = finder.detect(ASTRONAUT)
    assert np.linalg.norm(found.keypoints - face.keypoints, axis=1).mean() < 5
    with pytest.raises(UsageError, match="not trained on the label convention photographs"):
        FaceKeypoints(run=run, convention="photographs")


def test_a_run_whose_scheme_cannot_be_started_from_ibugs_points_is_rejected(tmp_path):
    run = finished_run(tmp_path, scheme=UNKNOWN)
    with pytest.raises(UsageError, match="three does not say which of iBUG's points"):
        FaceKeypoints(run=run)


@pytest.mark.parametrize("device", [None, 0, torch.device("cpu")])
def test_a_device_that_is_not_a_name_is_refused(device):
    with pytest.raises(UsageError, match="not a name"):
        FaceKeypoints(device=device)


def test_a_copy_in_another_folder_finds_its_file(tmp_path, monkeypatch):
    shutil.copy(POINTS68, tmp_path / "copy.onnx")
    monkeypatch.chdir(tmp_path)
    pickled = pickle.dumps(FaceKeypoints(run="copy.onnx"))
    monkeypatch.chdir("/")
    assert pickle.loads(pickled).scheme == IBUG68


def test_lines_and_chips_of_impossible_sizes_are_refused(face):
    for width in (1e5, 0, float("nan")):
        with pytest.raises(UsageError, match=r"line_width .* is out of range.*from 0\.1 to 5"):
            FaceKeypoints().draw(ASTRONAUT, [face], line_width=width)
    for size in (0, True, 10**6, 4.0):
        with pytest.raises(UsageError, match="a whole number from 1 to"):
            face.chip(size)
    assert face.chip(np.int64(8)).shape == (8, 8, 3)

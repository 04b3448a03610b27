import math
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_keypoints import make_faces

from kaggle_fkd.config import AugmentConfig, Config, TrainConfig
from kaggle_fkd.errors import DataError, RunError, UsageError
from kaggle_fkd.evaluation.metrics import rmse, rmse_by_convention
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.networks import build_network, network_names
from kaggle_fkd.networks.core.inference import heads_to, images_to, predict
from kaggle_fkd.networks.core.network import NetworkShape
from kaggle_fkd.prediction.predictor import predict_faces
from kaggle_fkd.sources.sample import sample_faces
from kaggle_fkd.training.labels import head_count, mean_face, treat_labels
from kaggle_fkd.training.loop import Training
from kaggle_fkd.training.losses import masked_loss
from kaggle_fkd.training.run import find_run, newest_finished, open_run, start_run
from kaggle_fkd.training.split import assign_folds

CPU = torch.device("cpu")
NO_AUGMENTATION = AugmentConfig(0, 0, 0, 0, 0, 0)
QUICK = Config(TrainConfig(model="lenet", epochs=4, batch_size=32, patience=10))


def new_run(runs_dir, config=QUICK, heads=2):
    shape = NetworkShape(96, 96, 15, heads)
    data = {"data_hash": "of the test", "sample_faces": True}
    return start_run(runs_dir, config, data, KAGGLE15, shape, CPU)


@pytest.mark.parametrize("name", network_names())
@pytest.mark.parametrize("size", [(96, 96), (224, 224), (80, 112)])
def test_every_network_maps_faces_to_keypoints_of_every_head(name, size):
    network = build_network(name, NetworkShape(*size, keypoints=15, heads=2)).eval()
    images = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    with torch.no_grad():
        keypoints = network(images)
    assert keypoints.shape == (3, 2, 15, 2)
    # Fresh networks answer with the middle of the image, give or take.
    assert (keypoints - keypoints.new_tensor([size[1] / 2, size[0] / 2])).abs().max() < max(size)


@pytest.mark.parametrize("heads", [1, 2])
def test_a_network_that_adds_nothing_answers_with_the_mean_face_of_each_head(competition, heads):
    faces = competition.train
    network = build_network("lenet", NetworkShape(96, 96, keypoints=15, heads=heads))
    network.start_from(torch.from_numpy(mean_face(faces, heads)))
    torch.nn.init.zeros_(network.head[-1].weight)
    keypoints = network(images_to(CPU, faces[:3])).detach().numpy()
    expected = [faces if heads == 1 else faces.of_convention(head) for head in range(heads)]
    for head, part in enumerate(expected):
        known = np.isfinite(part.mean_keypoints())
        np.testing.assert_allclose(
            keypoints[1, head][known], part.mean_keypoints()[known], atol=1e-3
        )
    assert np.isfinite(keypoints).all()


def test_light_and_contrast_of_a_face_hardly_matter(competition):
    network = build_network("lenet", NetworkShape(96, 96, keypoints=15, heads=1)).eval()
    images = images_to(CPU, competition.test[:4]).float()
    with torch.no_grad():
        difference = network(images) - network(images * 0.5 + 60)
    assert difference.abs().max() < 0.5


def test_the_classic_networks_are_registered_and_an_unknown_one_is_refused():
    assert {"lenet", "cnn", "naimishnet"} <= set(network_names())
    with pytest.raises(UsageError, match="--model resnet: unknown"):
        build_network("resnet", NetworkShape(96, 96, 15, 1))


def test_missing_labels_get_no_gradient_and_do_not_count():
    predicted = torch.zeros(2, 3, 2, requires_grad=True)
    target = torch.full((2, 3, 2), torch.nan)
    target[0, 1] = torch.tensor([3.0, 1.0])
    loss = masked_loss("mse", predicted, target)
    assert loss.item() == pytest.approx(5.0)
    loss.backward()
    assert predicted.grad.isfinite().all()
    assert predicted.grad.count_nonzero() == 2


def test_a_batch_without_labels_has_no_loss():
    predicted = torch.zeros(2, 3, 2, requires_grad=True)
    loss = masked_loss("smooth_l1", predicted, torch.full((2, 3, 2), torch.nan))
    loss.backward()
    assert loss.item() == 0 and predicted.grad.count_nonzero() == 0


def test_rmse_is_pooled_over_the_known_coordinates():
    faces = make_faces(4)
    keypoints = faces.keypoints.copy()
    keypoints[0], keypoints[1, 1:] = np.nan, np.nan
    convention = np.array([0, 0, 1, 1], np.int8)
    faces = replace(faces, keypoints=keypoints, convention=convention)
    predicted = np.where(np.isfinite(keypoints), keypoints, 7)
    predicted[1] += 3
    predicted[2] += 1
    scores = rmse_by_convention(predicted, faces)
    assert scores["A"] == pytest.approx(3, rel=1e-4)
    assert scores["B"] == pytest.approx(math.sqrt(1 / 2), rel=1e-4)
    assert scores["all"] == pytest.approx(math.sqrt((2 * 9 + 30) / 62), rel=1e-4)
    assert math.isnan(rmse(predicted[:1], keypoints[:1]))


@given(seed=st.integers(0, 1000), folds=st.integers(2, 6))
def test_no_image_is_in_two_folds_and_every_fold_has_both_conventions(seed, folds):
    faces = make_faces(60, seed % 7)
    images = faces.images.copy()
    repeats = np.random.default_rng(seed).integers(0, 60, (10, 2))
    images[repeats[:, 0]] = images[repeats[:, 1]]
    convention = (np.arange(60) >= 30).astype(np.int8)
    faces = replace(faces, images=images, convention=convention)
    fold_of, groups = assign_folds(faces, folds, seed), faces.repeat_groups()
    assert set(fold_of) == set(range(folds))
    for group in np.unique(groups):
        assert len(set(fold_of[groups == group])) == 1
    for fold in range(folds):
        assert set(convention[fold_of == fold]) == {0, 1}


def test_too_few_faces_for_the_folds_are_refused():
    with pytest.raises(DataError, match="too few"):
        assign_folds(make_faces(5), folds=10, seed=0)


def test_imputed_labels_fill_every_gap_and_change_no_known_one(competition):
    faces = competition.train
    filled = treat_labels(faces, "imputed")
    known = np.isfinite(faces.keypoints)
    assert np.isfinite(filled.keypoints).all()
    assert np.array_equal(filled.keypoints[known], faces.keypoints[known])
    of_a = np.nanmean(faces.keypoints[:, 4], axis=0)
    row = int(np.argmin(known[:, 4, 0]))
    assert filled.keypoints[row, 4] == pytest.approx(of_a, rel=1e-5)


def test_complete_keeps_only_faces_with_every_keypoint(competition):
    complete = treat_labels(competition.train, "complete")
    assert 0 < len(complete) < len(competition.train)
    assert complete.labelled.all()
    with pytest.raises(DataError, match="no training face has all keypoints"):
        treat_labels(competition.train.of_convention(1), "complete")


def test_the_classic_baselines_have_a_single_head():
    assert head_count(KAGGLE15, "masked") == 2
    assert head_count(KAGGLE15, "imputed") == head_count(KAGGLE15, "complete") == 1


@pytest.mark.parametrize(("name", "epochs"), [("lenet", 80), ("cnn", 40)])
def test_eight_faces_can_be_overfitted(tmp_path, name, epochs):
    faces = sample_faces(8, seed=3)
    faces = replace(faces, convention=np.array([0, 1] * 4, np.int8))
    train = TrainConfig(model=name, epochs=epochs, batch_size=8, patience=epochs)
    run = new_run(tmp_path, Config(train, NO_AUGMENTATION))
    training = Training(run, faces, faces, CPU)
    for module in training.network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    assert training.fit()["validation_rmse"]["all"] < 1.0


def test_each_convention_is_predicted_by_a_head_of_its_own(tmp_path, competition):
    run = new_run(tmp_path)
    network = run.new_network().eval()
    faces = competition.test
    images = images_to(CPU, faces)
    both = network(images).detach().numpy()
    predicted = predict(network, images, heads_to(CPU, faces, 2))
    for index, convention in enumerate(faces.convention):
        np.testing.assert_allclose(predicted[index], both[index, convention], atol=1e-3)
    assert set(heads_to(CPU, faces, 1).tolist()) == {0}


def weights_of(run):
    return dict(run.load_network(CPU).state_dict())


def metrics_of(run):
    rows = (run.folder / "metrics.csv").read_text().splitlines()
    return [row.rsplit(",", 1)[0] for row in rows]  # all but the seconds


def split(competition):
    held_out = assign_folds(competition.train, 5, 0) == 0
    return competition.train[~held_out], competition.train[held_out]


class Interrupted(Training):
    """Stops like Ctrl-C in the middle of the third epoch."""

    def _train_epoch(self, bar):
        if len(self.history) == 2:
            original = self.optimizer.step

            def step(*args):
                original(*args)
                raise KeyboardInterrupt

            self.optimizer.step = step
        return super()._train_epoch(bar)


def test_a_resumed_run_ends_bit_equal_to_an_uninterrupted_one(tmp_path, competition):
    config = replace(QUICK, train=replace(QUICK.train, model="naimishnet"))  # has dropout
    train, validation = split(competition)
    whole = new_run(tmp_path, config)
    Training(whole, train, validation, CPU).fit()
    broken = new_run(tmp_path, config)
    with pytest.raises(KeyboardInterrupt):
        Interrupted(broken, train, validation, CPU).fit()
    torch.manual_seed(12345)  # another process has other random numbers
    assert not open_run(broken.folder).finished
    Training(open_run(broken.folder), train, validation, CPU).fit()
    assert metrics_of(broken) == metrics_of(whole)
    for name, tensor in weights_of(whole).items():
        assert torch.equal(tensor, weights_of(broken)[name]), name


KILLED = """
import sys
from pathlib import Path
import torch
from kaggle_fkd.sources.competition import load_competition
from kaggle_fkd.training.loop import Training
from kaggle_fkd.training.run import open_run
from kaggle_fkd.training.split import assign_folds
train = load_competition(Path(sys.argv[2])).train
held_out = assign_folds(train, 5, 0) == 0
Training(open_run(Path(sys.argv[1])), train[~held_out], train[held_out], torch.device("cpu")).fit()
"""


def test_a_killed_run_resumes_and_ends_bit_equal(tmp_path, sample_dir, competition):
    config = replace(QUICK, train=replace(QUICK.train, epochs=15))
    train, validation = split(competition)
    whole = new_run(tmp_path, config)
    Training(whole, train, validation, CPU).fit()
    killed = new_run(tmp_path, config)
    process = subprocess.Popen([sys.executable, "-c", KILLED, killed.folder, sample_dir])
    while not killed.state_file.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.finished
    Training(open_run(killed.folder), train, validation, CPU).fit()
    assert metrics_of(killed) == metrics_of(whole)
    for name, tensor in weights_of(whole).items():
        assert torch.equal(tensor, weights_of(killed)[name]), name


def test_training_stops_early_and_keeps_the_best_weights(tmp_path, competition):
    train, validation = split(competition)
    config = replace(QUICK, train=replace(QUICK.train, lr=0.3, epochs=40, patience=2))
    run = new_run(tmp_path, config)
    summary = Training(run, train, validation, CPU).fit()
    assert summary["epochs"] == summary["best_epoch"] + 2 < 40
    predicted = predict_faces(run, validation, CPU)
    assert rmse(predicted, validation.keypoints) == summary["validation_rmse"]["all"]
    best = min(float(row.split(",")[3]) for row in metrics_of(run)[1:])
    assert summary["validation_rmse"]["all"] == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize("batch_size", [32, 500])
def test_a_loss_that_is_no_number_stops_with_a_remedy(tmp_path, competition, batch_size):
    train, validation = split(competition)
    wild = replace(QUICK.train, lr=1e3, batch_size=batch_size)
    training = Training(new_run(tmp_path, replace(QUICK, train=wild)), train, validation, CPU)
    with torch.no_grad():
        for parameter in training.network.parameters():
            parameter.mul_(1e15)
    with pytest.raises(RunError, match="lower the learning rate"):
        training.fit()
    assert not training.run.state_file.exists()


def test_a_run_is_trained_by_one_process_at_a_time(tmp_path, competition):
    train, validation = split(competition)
    run = new_run(tmp_path)
    with run.locked(), pytest.raises(RunError, match="another process"):
        Training(open_run(run.folder), train, validation, CPU).fit()


def test_a_damaged_state_is_named_and_starts_anew_when_deleted(tmp_path, competition):
    train, validation = split(competition)
    run = new_run(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        Interrupted(run, train, validation, CPU).fit()
    run.state_file.write_bytes(run.state_file.read_bytes()[:5000])
    with pytest.raises(RunError, match=r"state\.pt: damaged"):
        Training(run, train, validation, CPU).fit()
    run.state_file.unlink()
    assert Training(run, train, validation, CPU).fit()["epochs"] == 4


def test_damaged_weights_are_named(tmp_path, competition):
    train, validation = split(competition)
    run = new_run(tmp_path)
    Training(run, train, validation, CPU).fit()
    run.weights_file.write_bytes(run.weights_file.read_bytes()[:100])
    with pytest.raises(RunError, match=r"weights\.safetensors: no weights"):
        run.load_network(CPU)
    run.weights_file.unlink()
    assert not run.finished


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: new_run(tmp_path), range(8)))
    assert len({run.folder for run in runs}) == 8


def test_a_run_directory_tells_everything_and_nothing_is_overwritten(tmp_path, competition):
    train, validation = split(competition)
    first, second = new_run(tmp_path), new_run(tmp_path)
    assert first.folder != second.folder
    Training(first, train, validation, CPU).fit()
    names = {path.name for path in first.folder.iterdir() if not path.name.startswith(".")}
    assert names == {
        "run.json", "metrics.csv", "learning_curve.png", "weights.safetensors", "summary.json",
    }  # fmt: skip
    record = open_run(first.folder).record
    assert record["packages"]["torch"] == torch.__version__
    assert record["config"]["train"]["seed"] == 0 and record["data_hash"] == "of the test"
    written = first.weights_file.stat().st_mtime_ns
    Training(first, train, validation, CPU).fit()  # finished: nothing is trained again
    assert first.weights_file.stat().st_mtime_ns == written
    assert newest_finished(tmp_path).name == first.name
    assert find_run(tmp_path, second.name).folder == second.folder
    with pytest.raises(RunError, match="has not finished"):
        second.load_network(CPU)
    with pytest.raises(RunError, match="no run xyz"):
        find_run(tmp_path, "xyz")


def test_a_run_is_only_of_its_own_settings_and_data(tmp_path):
    run = new_run(tmp_path)
    assert run.is_of(QUICK, "of the test")
    assert not run.is_of(QUICK, "other data")
    assert not run.is_of(replace(QUICK, train=replace(QUICK.train, seed=1)), "of the test")
    assert open_run(run.folder).config == QUICK

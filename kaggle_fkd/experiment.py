"""Train, cross-validate and predict, with one call each.

The functions of the library; the stages `train`, `evaluate` and `predict` use them, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig, build_config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.figures.learning_curve import learning_curve
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.imaging.sample_mark import has_mark
from kaggle_fkd.prediction.ensemble import fit_ensemble_weights, weighted_mean
from kaggle_fkd.prediction.members import predict_faces
from kaggle_fkd.runs import NEWEST
from kaggle_fkd.runs.find import joined_name
from kaggle_fkd.runs.run import Run, opened_run
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device, pick_device
from kaggle_fkd.system.process_group import current_group
from kaggle_fkd.training.data import TrainingData, same_data
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.members import train_members
from kaggle_fkd.training.select import TrainingRequest, choose_run, require_same_data


def train(
    faces: FaceDataset,
    settings: Mapping[str, Any] | None = None,
    preset: str = "cpu",
    runs_dir: Path | str = "runs",
    device: str = "cpu",
    jobs: int = 1,
) -> Run:
    """Train a run on the faces, or return the finished run with the same settings and faces.

    `settings` of training and augmentation are by `section.name` (`{"train.epochs": 5}`), on top of
    the preset's. An interrupted training is continued by the same call. `jobs` members are trained
    at the same time, in processes of their own: a script needs `if __name__ == "__main__":` then.
    Raises UsageError for settings that do not exist or fit, DataError for faces that cannot be
    trained on.
    """
    overrides = [(key, str(value)) for key, value in (settings or {}).items()]
    _check_jobs(jobs)
    config, data = build_config(preset, overrides), KeypointData(faces)
    if unused := [key for key, _ in overrides if not key.startswith(("train.", "augment."))]:
        raise UsageError(
            f"{unused[0]}: not a setting of training or augmentation",
            "leave it out; predict and cross_validate take a PredictConfig",
        )
    sample_faces = bool(has_mark(faces.images).any())
    request = TrainingRequest(Path(runs_dir), data, sample_faces, config, resume=NEWEST)
    chosen = pick_device(device)
    run = choose_run(request, describe_device(chosen))
    return train_run(run, data, config.train.members, chosen, jobs)


def train_each(
    faces: FaceDataset,
    models: Iterable[str],
    settings: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> dict[str, Run]:
    """A run of each of the networks, by its name; the other arguments are those of `train`."""
    return {
        model: train(faces, {**(settings or {}), "train.model": model}, **arguments)
        for model in models
    }


def train_run(
    run: Run, data: TrainingData, count: int, device: torch.device, jobs: int | None
) -> Run:
    """Train the run's first `count` members, except finished ones, and draw their learning curves.

    Members that a killed call had finished, but not tidied up, are tidied up first.
    `jobs` is what `train_members` takes. Raises what that does, and DataError, before any
    training, when a member would have nothing to learn from, or to be validated on.
    """
    # Those that the run was made for were checked before it was made.
    more = map(run.member, range(run.config.train.members, count))
    data.check([member for member in more if not member.finished], run.label_files)
    members = [run.member(index) for index in range(count)] if current_group().first else []
    untidy = [member for member in members if member.finished and not member.tidy]
    for member in chain(untidy, train_members(run, data, count, device, jobs)):
        figure = learning_curve(member.read_metrics(), member.name)
        save_figure(figure, member.curve_file)
        member.delete_state()
    return run


def cross_validate(
    run: Run | Path | str,
    faces: FaceDataset,
    device: str = "cpu",
    config: PredictConfig | None = None,
    jobs: int = 1,
) -> NDArray[np.float32]:
    """N x K x 3 pixels, the x, y and expected error of each keypoint, out of fold.

    Each face is predicted by the member that held it out. Trains the members that are missing, so
    that every fold is held out once; `jobs` of them at the same time, as in `train`.
    Raises RunError when the run was trained on a different data set.
    """
    _check_jobs(jobs)
    run = opened_run(run)
    data = KeypointData(faces)
    require_same_data(run, data)
    chosen = pick_device(device)
    train_run(run, data, run.config.train.folds, chosen, jobs)
    return out_of_fold(run, faces, chosen, config or PredictConfig())


def predict(
    runs: Run | Path | str | Sequence[Run | Path | str],
    faces: FaceDataset,
    device: str = "cpu",
    config: PredictConfig | None = None,
    weights: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """N x K x 3 pixels, the x, y and expected error of each keypoint.

    They are the mean over the members of the runs, or of those in run directories. Expected errors
    are calibrated for single networks, so the mean of several is a little better than they say.
    `weights`, C x R, are those of the R runs for each of C conventions (`ensemble_weights`);
    without them all networks are weighted equally.
    Raises RunError when the runs do not fit the faces, or when none of them was trained for the
    convention of a face; UsageError without runs.
    """
    several = [runs] if isinstance(runs, Run | Path | str) else list(runs)
    if not several:
        raise UsageError("there is no run to predict with", "give a run, or several")
    together = [opened_run(each) for each in several]
    chosen, config = pick_device(device), config or PredictConfig()
    if weights is None:
        weights = equal_weights(together, len(faces.scheme.conventions))
    predictions = [predict_faces(run, faces, chosen, config) for run in together]
    predicted = weighted_mean(predictions, weights, faces.convention)
    missing = faces.convention[np.isnan(predicted).all(axis=(1, 2))]
    if len(missing):
        convention = faces.scheme.conventions[missing[0]].name
        raise RunError(
            f"{joined_name(together)}: not trained for convention {convention}: its training "
            "had no faces of it, or left them out (train.only_convention)",
            "add a run that was trained for it",
        )
    return predicted


def ensemble_weights(
    runs: Sequence[Run],
    faces: FaceDataset,
    device: str = "cpu",
    config: PredictConfig | None = None,
) -> NDArray[np.float64]:
    """C x R weights of R runs for each convention, fitted on out-of-fold predictions of the faces.

    Where not all runs have been cross-validated on these faces, all networks count the same, with a
    warning.
    """
    conventions = len(faces.scheme.conventions)
    if len(runs) == 1:
        return np.ones((conventions, 1))
    data, reason = KeypointData(faces), ""
    if others := [run.name for run in runs if not same_data(run, data)]:
        reason = f"{others[0]} was trained on a different data set"
    elif not all(run.cross_validated for run in runs):
        reason = "not all runs are cross-validated; run the evaluate stage first"
    if reason:
        log.warning("all networks have the same weight, because %s", reason)
        return equal_weights(runs, conventions)
    chosen, config = pick_device(device), config or PredictConfig()
    weights = fit_ensemble_weights(
        [out_of_fold(run, faces, chosen, config) for run in runs], faces.inner()
    )
    for run, column in zip(runs, weights.T, strict=True):
        log.info("%s: weight %s", run.name, " and ".join(f"{weight:.3f}" for weight in column))
    return weights


def equal_weights(runs: Sequence[Run], conventions: int) -> NDArray[np.float64]:
    """C x R weights with which every network of the R runs counts the same."""
    counts = np.array([len(run.require_members().members) for run in runs])
    return np.tile(counts / counts.sum(), (conventions, 1))


def _check_jobs(jobs: int) -> None:
    if jobs < 1:
        raise UsageError(f"jobs={jobs}: not a number of members", "use 1 or more")

"""predict: the test faces through the trained networks, mapped onto RowIds, as a submission."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd import __version__
from kaggle_fkd.competition.submission import write_submission
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.evaluation.out_of_fold import (
    fit_ensemble_weights,
    out_of_fold,
    weighted_mean,
    weights_by_run,
)
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.prediction.members import predict_faces, prediction_gallery
from kaggle_fkd.runs.run import Run, joined_name, newest_trained, source_commit
from kaggle_fkd.stages.context import SAMPLE, Context
from kaggle_fkd.stages.train import require_same_faces
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import free_path, read_json_or_empty, sha256_of, write_json


def run(context: Context) -> None:
    """Write the submission, or find it written from the same inputs: `context.submission`."""
    request, competition = context.request, context.competition
    settings, commit = context.config.predict, source_commit()
    runs = context.named_runs() or [context.run or newest_trained(request.runs_dir, KAGGLE15)]
    for each in runs:
        if each.require_members().record["sample_faces"] and not competition.is_sample:
            log.warning("%s was trained on sample faces, not on Kaggle's", each.name)
        if not each.finished:
            wanted = each.config.train.members
            log.warning("%s: %d of %d networks are trained", each.name, len(each.members), wanted)
    members = [member for each in runs for member in each.members]
    inputs = {
        "version": __version__,
        "weights": [sha256_of(member.weights_file) for member in members],
        "settings": asdict(settings),
        "test_hash": competition.test_digest,
    }
    written = _written_before(request.submissions_dir, inputs)
    if written and not request.force:
        log.info("skipped, as run and test faces are unchanged: %s", written)
        context.submission = written
        return
    weights = _weights(context, runs)
    predictions = [predict_faces(each, competition.test, context.device, settings) for each in runs]
    keypoints = weighted_mean(predictions, weights, competition.test.convention)
    _require_all(runs, competition.test, keypoints)
    names = joined_name(runs)
    prefix = f"{SAMPLE}-" if competition.is_sample else ""
    path = free_path(request.submissions_dir / f"{prefix}{names}.csv")
    write_submission(path, competition.lookup, keypoints)
    figure = prediction_gallery(competition.test, keypoints, f"{path.stem}: test faces")
    save_figure(figure, path.with_suffix(".png"))
    write_json(
        path.with_suffix(".json"),
        {
            "inputs": inputs,
            "sha256": sha256_of(path),
            "run": names,
            "networks": len(members),
            "weights": weights_by_run(weights, [each.name for each in runs], KAGGLE15),
            "sample_faces": competition.is_sample,
            "rows": len(competition.lookup),
            "validation_rmse": {
                member.name: member.summary["validation_rmse"] for member in members
            },
            "commit": commit,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    log.info(
        "%d locations by %s (%d networks): %s",
        len(competition.lookup), names, len(members), path,
    )  # fmt: skip
    context.submission = path


def _require_all(runs: list[Run], faces: FaceDataset, keypoints: NDArray[np.float32]) -> None:
    """RunError when there are faces of a convention that none of the runs was trained for."""
    unknown = faces.convention[np.isnan(keypoints).all(axis=(1, 2))]
    if len(unknown):
        convention = faces.scheme.conventions[unknown[0]].name
        raise RunError(
            f"{joined_name(runs)}: not trained for convention {convention} (train.only)",
            f"add a run that is: --run {','.join(each.name for each in runs)},OTHER",
        )


def _weights(context: Context, runs: list[Run]) -> NDArray[np.float64]:
    """Each run's weight, conventions x runs: by their out-of-fold predictions where all have them,
    else by how many networks each has."""
    conventions = len(KAGGLE15.conventions)
    if len(runs) == 1:
        return np.ones((conventions, 1))
    if not all(each.has_members(each.config.train.folds) for each in runs):
        log.warning(
            "all networks weigh the same, as not all runs have a member for every fold: "
            "--stage evaluate"
        )
        counts = np.array([len(each.members) for each in runs])
        return np.tile(counts / counts.sum(), (conventions, 1))
    faces, settings = context.competition.train, context.config.predict
    for each in runs:
        require_same_faces(context, each)
    weights = fit_ensemble_weights(
        [out_of_fold(each, faces, context.device, settings) for each in runs], faces
    )
    for each, from_run in zip(runs, weights.T, strict=True):
        log.info("%s: weight %s", each.name, " and ".join(f"{weight:.3f}" for weight in from_run))
    return weights


def _written_before(folder: Path, inputs: dict[str, Any]) -> Path | None:
    """The newest submission made from exactly these inputs whose file is still as written."""
    for receipt in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[::-1]:
        record, path = read_json_or_empty(receipt), receipt.with_suffix(".csv")
        same = record.get("inputs") == inputs and path.is_file()
        if same and sha256_of(path) == record.get("sha256"):
            return path
    return None

"""evaluate: out-of-fold predictions of every training face, their scores, and a label audit."""

import torch

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.nme_report import write_nme
from kaggle_fkd.evaluation.out_of_fold import (
    fit_ensemble_weights,
    oof_rmse,
    out_of_fold,
    weighted_mean,
    weights_by_run,
)
from kaggle_fkd.evaluation.report import write_evaluation
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.prediction.members import NO_TTA
from kaggle_fkd.runs.run import Run, joined_name, runs_in, source_commit
from kaggle_fkd.stages.context import Context
from kaggle_fkd.stages.train import require_same_faces, run_to_train, same_faces, train_run
from kaggle_fkd.system.console import announce, log
from kaggle_fkd.system.files import replaced_folder


def run(context: Context) -> None:
    """Train what members are missing, so that every fold of every run has been held out once,
    and write RUNS_DIR/evaluation-<run>[+<run>...], replacing an earlier one."""
    faces, settings, commit = context.faces, context.config.predict, source_commit()
    runs = [require_same_faces(context, each) for each in _runs_to_judge(context)]
    for each in runs:
        train_run(context, each, each.config.train.folds)
    predictions = [out_of_fold(each, faces, context.device, settings) for each in runs]
    seen = faces.inner()
    weights = fit_ensemble_weights(predictions, seen)
    names = [each.name for each in runs]
    summary = {
        "commit": commit,
        "members": {each.name: len(each.members) for each in runs},
        "weights": weights_by_run(weights, names, seen.scheme),
        "weights_fitted_to_these_labels": len(runs) > 1,
        "rmse_of_each": {
            name: oof_rmse(p, seen) for name, p in zip(names, predictions, strict=True)
        },
        "rmse_without_averaging_views": {
            each.name: _single_view_rmse(each, faces, context.device) for each in runs
        },
    }
    write = write_nme if faces.scheme is IBUG68 else write_evaluation
    together = weighted_mean(predictions, weights, seen.convention)
    folder = context.request.runs_dir / f"evaluation-{joined_name(runs)}"
    with replaced_folder(folder) as new:
        lines = write(new, together, seen, summary)
    if len(runs) > 1:
        lines.append("the weights of the runs were fitted to the labels that they are scored on")
    log.info("evaluation: %s", folder)
    announce(*lines)
    context.run = runs[0]


def _runs_to_judge(context: Context) -> list[Run]:
    """The runs that --run names, the one just trained, one of the settings given, the newest."""
    request = context.request
    if request.runs:
        return context.named_runs()
    if context.run is not None:
        return [context.run]
    trained = [
        each for each in runs_in(request.runs_dir) if each.members and same_faces(context, each)
    ]
    if request.has_settings or request.resume or not trained:
        return [run_to_train(context)]
    return trained[:1]


def _single_view_rmse(run: Run, faces: FaceDataset, device: torch.device) -> float:
    """What the run scores when it looks at each face once, as it is."""
    return oof_rmse(out_of_fold(run, faces, device, NO_TTA), faces.inner())

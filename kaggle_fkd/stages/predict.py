"""predict: the test faces through the best weights, mapped onto RowIds, as a submission."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kaggle_fkd import __version__
from kaggle_fkd.command.context import SAMPLE, Context
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.prediction.predictor import predict_faces, prediction_gallery
from kaggle_fkd.submission.table import write_submission
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import free_path, read_receipt, sha256_of, write_json
from kaggle_fkd.training.run import Run, find_run, newest_finished


def run(context: Context) -> None:
    """Write the submission, or find it written from the same inputs: `context.submission`."""
    request, competition = context.request, context.competition
    run = _run_to_use(context)
    if run.record["sample_faces"] and not competition.is_sample:
        log.warning("%s was trained on sample faces, not on Kaggle's", run.name)
    inputs = {
        "version": __version__,
        "weights": sha256_of(run.weights_file),
        "test_hash": competition.test_digest,
    }
    written = _written_before(request.submissions_dir, inputs)
    if written and not request.force:
        log.info("skipped, as run and test faces are unchanged: %s", written)
        context.submission = written
        return
    keypoints = predict_faces(run, competition.test, context.device)
    prefix = f"{SAMPLE}-" if competition.is_sample else ""
    path = free_path(request.submissions_dir / f"{prefix}{run.name}.csv")
    write_submission(path, competition.lookup, keypoints)
    figure = prediction_gallery(competition.test, keypoints, f"{path.stem}: test faces")
    save_figure(figure, path.with_suffix(".png"))
    write_json(
        path.with_suffix(".json"),
        {
            "inputs": inputs,
            "sha256": sha256_of(path),
            "run": run.name,
            "sample_faces": competition.is_sample,
            "rows": len(competition.lookup),
            "validation_rmse": run.summary["validation_rmse"],
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    log.info("%d locations by %s: %s", len(competition.lookup), run.name, path)
    context.submission = path


def _run_to_use(context: Context) -> Run:
    """The run that --run names, the one just trained, or the newest finished one."""
    if context.request.run is not None:
        return find_run(context.request.runs_dir, context.request.run).require_finished()
    return context.run or newest_finished(context.request.runs_dir)


def _written_before(folder: Path, inputs: dict[str, Any]) -> Path | None:
    """The newest submission made from exactly these inputs whose file is still as written."""
    for receipt in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[::-1]:
        record, path = read_receipt(receipt), receipt.with_suffix(".csv")
        same = record.get("inputs") == inputs and path.is_file()
        if same and sha256_of(path) == record.get("sha256"):
            return path
    return None

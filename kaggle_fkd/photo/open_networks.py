"""`open_networks`: the networks of a run or of an exported file, to be used on photographs."""

from pathlib import Path

from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.metadata import FACES, is_exported
from kaggle_fkd.inference.network import read_metadata
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.runs.run import Run, opened_run


def open_networks(
    run: Run | Path | str, device: str, convention: str | None, mirror: bool
) -> ChipNetworks | OnnxDetector:
    """What predicts keypoints in that label convention, or the first network of a detector's run.

    Raises RunError for a run or a file that cannot be used, UsageError for a convention that it
    was not trained on.
    """
    if not isinstance(run, Run) and is_exported(run):
        path = Path(run)
        if read_metadata(path).task == FACES:
            return OnnxDetector(path, device)
        return ChipNetworks.from_file(path, device, convention, mirror)
    opened = opened_run(run)
    if opened.config.train.model in DETECTORS:
        member = opened.require_members().members[0]
        return open_exported(opened, member, OnnxDetector, device)
    return ChipNetworks.from_run(opened, device, convention, mirror)

"""The labels that a training learns: as a person has fixed them, without an audit's suspects."""

from dataclasses import replace

import numpy as np

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.training.corrected_labels import fixes_in
from kaggle_fkd.training.label_fixes import apply_fixes, decisions
from kaggle_fkd.training.suspects import apply_suspect_policy, read_audit


def treat_labels(faces: FaceDataset, config: TrainConfig, files: LabelFiles) -> FaceDataset:
    """The faces with their labels fixed, and those that the audit suspects dropped or weighted.

    A person knows more than an audit: labels with a fix are not suspected, and a face with one
    keeps its weight. Without files, these are the very faces. Raises DataError when a file cannot
    be read or belongs to other faces.
    """
    fixes = fixes_in(files.fixes, faces)
    fixed = apply_fixes(faces, fixes) if fixes else faces
    if files.audit is None:
        return fixed
    table = read_audit(files.audit, faces)
    treated = apply_suspect_policy(table, fixed, config.suspect_policy)
    decided = decisions(faces, fixes) != ""
    keypoints = np.where(decided[:, :, None], fixed.keypoints, treated.keypoints)
    weight = treated.weight
    if weight is not None:
        own = np.float32(1) if faces.weight is None else faces.weight
        weight = np.where(decided.any(axis=1), own, weight)
    return replace(treated, keypoints=keypoints, weight=weight)

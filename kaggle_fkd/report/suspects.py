"""Suspicious labels in a report: those that out-of-fold predictions contradict most."""

import pandas as pd

from kaggle_fkd.figures.gallery import GALLERY_FACES
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.section import Block, Section, Text
from kaggle_fkd.report.sources import Evaluation
from kaggle_fkd.system.text import count_of, in_words
from kaggle_fkd.training.suspects import read_audit


def suspect_section(evaluation: Evaluation) -> Section:
    """The faces that the label audit suspects."""
    table = read_audit(evaluation.folder / "audit.csv", evaluation.faces)
    blocks = _suspected(evaluation, table[table["suspected"]])
    return Section("suspects", "Suspicious labels", blocks)


def _suspected(evaluation: Evaluation, suspected: pd.DataFrame) -> tuple[Block, ...]:
    if suspected.empty:
        return (Text("The label audit suspects no face."),)
    trusted = evaluation.record["oof_rmse_without_suspects"]["all"]
    text = Text(
        f"The label audit suspects {count_of(len(suspected), 'face')}; without their suspected "
        f"labels, the out-of-fold RMSE is {trusted:.3f} px, which does not compare with that of "
        "another evaluation: each leaves out other labels. Where the network is weak, it is the "
        "prediction that may be wrong: look before labels are dropped (train.audit)."
    )
    top = suspected.head(GALLERY_FACES)
    position = pd.Index(evaluation.faces.ids).get_indexer(pd.Index(top["row"]))
    shown, predicted = evaluation.faces[position], evaluation.predicted[position]
    gallery = face_gallery(
        shown,
        [f"row {row.row} ({row.convention})" for row in top.itertuples()],
        [_note(str(row.reason), str(row.keypoint)) for row in top.itertuples()],
        f"The {count_of(len(top), 'face')} whose labels are contradicted most, the worst first, "
        "each with the suspected reason.",
        shown.where_labelled(predicted),
    )
    return (text, gallery)


def _note(reason: str, keypoint: str) -> str:
    return f"{reason}: {in_words(keypoint)}" if keypoint else reason

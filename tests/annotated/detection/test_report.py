"""The sections of a report on a detector."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_photographs import drawn_photographs
from support.small_runs import quick

from kaggle_fkd.annotated.detection.data import DetectionData
from kaggle_fkd.annotated.detection.evaluation import write_detection
from kaggle_fkd.annotated.detection.report import detector_sections
from kaggle_fkd.errors import DataError
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.report.section import Absent, Gallery, KeyFigures, Plot, Text
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.evaluation_receipt import write_evaluation_receipt
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.runs.run import start_run


@pytest.fixture
def photographs():
    """Four photographs with two faces each, four without; the second face is the largest."""
    drawn = drawn_photographs(4, faces=2)
    faces = drawn.faces.copy()
    faces[1, 2] *= 2
    return replace(drawn, faces=faces)


@pytest.fixture
def sources(photographs, tmp_path):
    """A run of the detector on these photographs with a finished member."""
    config, data = quick(model="detector", folds=2), DetectionData(photographs)
    about = {"data_hash": photographs.digest(), "sample_faces": False}
    run = start_run(tmp_path, config, about, data.scheme, data.shape(config), "a CPU")
    summary = {"training_crops": 60, "validation_crops": 20, "seconds": 90.0}
    summary |= {"validation_loss": {"all": 1.5}, "precision": "fp32"}
    run.member(0).finish({"weight": torch.zeros(1)}, summary)
    return ReportSources(run, tmp_path, tmp_path, lambda stage: f"kaggle-fkd {stage}")


def evaluate(sources, photographs, found):
    sources.evaluation_folder.mkdir()
    write_detection(sources.evaluation_folder, photographs, found, provenance())
    write_evaluation_receipt(sources.evaluation_folder, [sources.run])


def exact(photographs):
    """Every face, with a score of 0.9."""
    return [
        Detections(np.full(len(rows), 0.9, np.float32), photographs.faces[rows])
        for rows in photographs.faces_of
    ]


def test_missed_faces_and_false_positives_are_shown_the_most_surprising_first(sources, photographs):
    found = exact(photographs)
    found[0] = Detections(np.array([0.6], np.float32), photographs.faces[:1])
    elsewhere = np.array([[60, 80, 20, 55, 75, 65, 75], [20, 20, 15, 18, 18, 22, 18]], np.float32)
    found[6] = Detections(np.array([0.8, 0.3], np.float32), elsewhere)
    found[7] = Detections(np.array([0.95], np.float32), elsewhere[:1])
    evaluate(sources, photographs, found)
    sections = {section.name: section for section in detector_sections(sources, photographs)}
    assert list(sections) == [
        "summary", "training", "scores", "missed", "false-positives", "runs", "settings",
    ]  # fmt: skip
    (figures,) = sections["summary"].blocks
    assert isinstance(figures, KeyFigures)
    values = {each.name: each.value for each in figures.figures}
    assert values["out of fold"] == "75.0% found" and values["false positives"] == "2"
    assert values["training photographs"] == "8"
    plots = [block.name for block in sections["scores"].blocks if isinstance(block, Plot)]
    assert plots == ["found-curve", "found-by"]
    (missed,) = sections["missed"].blocks
    assert isinstance(missed, Gallery)
    assert [card.note.partition(", ")[2] for card in missed.faces] == ["not found", "score 0.60"]
    assert missed.faces[0].width == 96 and len(missed.faces[0].labels) == 2
    (false,) = sections["false-positives"].blocks
    assert isinstance(false, Gallery)
    assert [card.title for card in false.faces] == ["photograph 7", "photograph 6"]
    # In the middle of the picture, whose 96 pixels are twice the size of the face.
    assert false.faces[0].predicted == ((35.5, 35.5), (59.5, 35.5))


@pytest.mark.parametrize("cell", ["?", ""])
def test_damaged_detections_are_named(sources, photographs, cell):
    evaluate(sources, photographs, exact(photographs))
    path = sources.evaluation_folder / "detections.csv"
    path.write_text(path.read_text() + f"0,{cell},1,1,1,1,1,1,1\n")
    # As if the stage had written it.
    write_evaluation_receipt(sources.evaluation_folder, [sources.run])
    with pytest.raises(DataError, match=r"detections\.csv"):
        detector_sections(sources, photographs)


def test_a_perfect_detector_has_no_galleries(sources, photographs):
    evaluate(sources, photographs, exact(photographs))
    *_, missed, false, _, _ = detector_sections(sources, photographs)
    for section in (missed, false):
        assert all(isinstance(block, Text) for block in section.blocks)


def test_a_detector_that_is_not_evaluated_has_a_report_with_the_command_that_does_it(
    sources, photographs
):
    sections = {section.name: section for section in detector_sections(sources, photographs)}
    (absent,) = sections["scores"].blocks
    assert isinstance(absent, Absent) and absent.command == "kaggle-fkd evaluate"
    (figures,) = sections["summary"].blocks
    assert isinstance(figures, KeyFigures)
    assert figures.figures[0].note == "on 20 held-out crops"

"""The test faces in a report, with the keypoints of the run's newest submission."""

from pathlib import Path

import numpy as np

from kaggle_fkd.competition.load import Competition
from kaggle_fkd.competition.record import newest_submission_by
from kaggle_fkd.competition.submission import read_submission
from kaggle_fkd.figures.predictions import spread
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.section import Absent, Block, Section
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.system.text import count_of


def prediction_section(sources: ReportSources, competition: Competition) -> Section:
    """A gallery of test faces with their predictions."""
    path = newest_submission_by(sources.submissions_dir, sources.run.name, competition.test_digest)
    block: Block = (
        Absent("predictions of the test faces", sources.command("predict"))
        if path is None
        else _gallery(path, competition)
    )
    return Section("predictions", "Test predictions", (block,))


def _gallery(path: Path, competition: Competition) -> Block:
    test, lookup = competition.test, competition.lookup
    submission = read_submission(path)
    order = np.searchsorted(submission.row_ids, lookup.row_ids)
    predicted = lookup.keypoints(submission.locations[order])
    shown = spread(len(test))
    faces = test[shown]
    names = [faces.scheme.conventions[index].name for index in faces.convention]
    return face_gallery(
        faces,
        [f"image {image}" for image in faces.ids],
        [f"convention {name}" for name in names],
        f"{count_of(len(faces), 'test face')} at equal intervals, of {len(test)}, with the "
        f"{len(lookup)} coordinates of {path.name}. The convention is the one that Kaggle asks "
        "for.",
        predicted[shown],
    )

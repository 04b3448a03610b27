"""The report of a run of the detector: its sections, in order."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.evaluation import (
    DETECTIONS,
    MIN_SIZE,
    Matches,
    curve_figure,
    detections_of,
    found_by_roll,
    found_by_score,
    found_by_size,
    match,
    scored_faces,
)
from kaggle_fkd.errors import DataError
from kaggle_fkd.figures.gallery import GALLERY_FACES
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.photo.detection.faces import CENTRE, EYE_POINTS, SIZE
from kaggle_fkd.photo.detectors import MIN_SCORE
from kaggle_fkd.report.all_runs import runs_section
from kaggle_fkd.report.pictures import face_card
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import (
    Absent,
    Block,
    Cell,
    FaceCard,
    Fold,
    Gallery,
    KeyFigure,
    Section,
    Table,
    Text,
    count,
    number,
)
from kaggle_fkd.report.settings import settings_section
from kaggle_fkd.report.sources import ReportSources, stored_table
from kaggle_fkd.report.summary import summary_section
from kaggle_fkd.report.training import training_section
from kaggle_fkd.system.text import count_of

CARD, FACE = 96, 48
"""The sides of a picture of a face, and of the face in it, in pixels."""


def detector_sections(sources: ReportSources, photographs: PhotographDataset) -> list[Section]:
    """From the training on these photographs to the settings; FkdError for a damaged file."""
    detections = _read_detections(sources, len(photographs))
    if detections is None:
        what = "the faces found and the false positives, out of fold, by size and roll"
        absent = Absent(what, sources.command("evaluate"))
        found, figures = [Section("scores", "Faces found", (absent,))], []
    else:
        matches = match(photographs, detections)
        found = [
            _score_section(photographs, matches),
            _missed_section(photographs, matches),
            _false_section(photographs, detections, matches),
        ]
        wrong = int((matches.false_positives >= MIN_SCORE).sum())
        complete = count_of(int(photographs.complete.sum()), "completely labelled photograph")
        figures = [KeyFigure("false positives", str(wrong), f"in {complete}")]
    return [
        summary_section(sources, "training photographs", len(photographs), figures),
        training_section(sources),
        *found,
        runs_section(sources),
        settings_section(sources),
    ]


def _read_detections(sources: ReportSources, photographs: int) -> list[Detections] | None:
    """The out-of-fold detections in each photograph; None if the run is not evaluated."""
    if not sources.evaluation_record:
        return None
    path = sources.evaluation_folder / "detections.csv"
    table = stored_table(path, DETECTIONS)
    if table is None:
        return None
    try:
        return detections_of(table, photographs)
    except ValueError as error:
        raise DataError(f"{path}: {error}", "let the stage evaluate write it again") from error


def _score_section(photographs: PhotographDataset, matches: Matches) -> Section:
    """The curve, and the shares by size and by roll."""
    curve = found_by_score(photographs, matches)
    shares = {
        name: table[table["faces"] > 0]
        for name, table in {
            "size (pixels)": found_by_size(photographs, matches),
            "roll (degrees)": found_by_roll(photographs, matches),
        }.items()
        if table["faces"].any()
    }
    faces, complete = int(scored_faces(photographs).sum()), int(photographs.complete.sum())
    text = Text(
        "Each photograph was searched by a network that had not seen it. False positives are "
        "counted in photographs all of whose faces are labelled. The size of a face is about its "
        f"width; smaller ones than {MIN_SIZE:.0f} pixels count in the table of sizes only."
    )
    blocks = (
        text,
        plot(
            "found-curve", curve_figure(curve, faces, complete),
            "Faces found over false positives, by the least score of a detection",
            "To the left and up is better: more faces, and fewer detections of what is not a face.",
        ),
        plot(
            "found-by", _shares_figure(shares),
            "The share of the faces found, by size and by roll",
            "Rolls are known of faces whose eyes are labelled.",
        ),
        Fold(
            "The numbers",
            (_curve_table(curve), *(_shares_table(*each) for each in shares.items())),
        ),
    )  # fmt: skip
    return Section("scores", "Faces found", blocks)


def _shares_figure(parts: Mapping[str, pd.DataFrame]) -> Figure:
    """Bars of the shares in each of the tables, which have the columns from, to, faces, found."""
    rows = max(map(len, parts.values()))
    figure = new_figure(9.5, 0.4 * rows + 0.8)
    panels = figure.subplots(1, len(parts), squeeze=False)
    for axes, (name, table) in zip(panels[0], parts.items(), strict=True):
        _draw_shares(axes, name, table)
        axes.set_ylim(rows - 0.5, -0.5)
    describe(
        figure, f"Faces found with a score of {MIN_SCORE}, by size and roll",
        "Beside each bar is the number of the faces that it stands for: of few faces, a share says "
        "little.",
    )  # fmt: skip
    return figure


def _draw_shares(axes: Axes, name: str, table: pd.DataFrame) -> None:
    bars = axes.barh(_ranges(table), table["found"], height=0.6, color=PALETTE[5])
    texts = [
        f"{100 * share:.0f} % of {count_of(faces, 'face')}"
        for faces, share in zip(table["faces"], table["found"], strict=True)
    ]
    axes.bar_label(bars, texts, padding=3, fontsize=9)
    axes.set(xlim=(0, 1.45), xticks=(0, 0.5, 1), ylabel=name)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.spines[["top", "right"]].set_visible(False)


def _ranges(table: pd.DataFrame) -> list[str]:
    """What the rows are about, such as "12 to 24"."""
    return [
        f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        for low, high in zip(table["from"], table["to"], strict=True)
    ]


def _curve_table(curve: pd.DataFrame) -> Table:
    rows = tuple(
        (number(row["score"], 2), number(100 * row["found"], 1), count(int(row["false_positives"])))
        for row in curve.to_dict("records")
    )
    columns = ("least score", "faces found (%)", "false positives")
    return Table("Faces found, by the least score", columns, rows)


def _shares_table(name: str, table: pd.DataFrame) -> Table:
    rows = tuple(
        (Cell(text), count(faces), number(100 * found, 1))
        for text, faces, found in zip(
            _ranges(table), table["faces"], table["found"], strict=True
        )
    )  # fmt: skip
    return Table(f"Faces found, by {name}", (name, "faces", "faces found (%)"), rows)


def _missed_section(photographs: PhotographDataset, matches: Matches) -> Section:
    """The largest faces that were not found."""
    missed = np.flatnonzero(scored_faces(photographs) & (matches.scores < MIN_SCORE))
    largest = missed[np.argsort(-photographs.faces[missed, SIZE], kind="stable")][:GALLERY_FACES]
    cards = []
    for index in largest:
        face, score = photographs.faces[index], matches.scores[index]
        found = f"score {score:.2f}" if score else "not found"
        eyes = face if photographs.exact_eyes[index] else None
        picture = int(photographs.picture[index])
        note = f"{face[SIZE]:.0f} pixels, {found}"
        cards.append(_card(photographs, picture, face, note, labelled=eyes))
    caption = (
        f"The largest of the {count_of(len(missed), 'face')} that no detection with a score of "
        f"{MIN_SCORE} or more found."
    )
    return Section("missed", "Missed faces", _gallery(cards, caption, "No face was missed."))


def _false_section(
    photographs: PhotographDataset, detections: Sequence[Detections], matches: Matches
) -> Section:
    """The most certain detections of what is not a face."""
    certain = np.argsort(-matches.false_positives, kind="stable")
    certain = certain[matches.false_positives[certain] >= MIN_SCORE]
    cards = []
    for picture, place in matches.false_at[certain[:GALLERY_FACES]].tolist():
        face = detections[picture].faces[place]
        note = f"{face[SIZE]:.0f} pixels, score {detections[picture].scores[place]:.2f}"
        cards.append(_card(photographs, picture, face, note, detected=face))
    caption = (
        f"The most certain of the {count_of(len(certain), 'detection')} with a score of "
        f"{MIN_SCORE} or more on what is not labelled as a face. Look for faces whose labels are "
        "missing."
    )
    nothing = f"There is no false positive with a score of {MIN_SCORE} or more."
    return Section("false-positives", "False positives", _gallery(cards, caption, nothing))


def _gallery(cards: Sequence[FaceCard], caption: str, nothing: str) -> tuple[Block, ...]:
    if not cards:
        return (Text(nothing),)
    where = "Each picture is twice as wide as its face, which is in the middle."
    return (Gallery(tuple(cards), f"{caption} {where}", "labelled eyes", "detected eyes"),)


def _card(
    photographs: PhotographDataset, picture: int, face: NDArray[np.floating], note: str,
    labelled: NDArray[np.floating] | None = None, detected: NDArray[np.floating] | None = None,
) -> FaceCard:  # fmt: skip
    """The part of a photograph around a face, 7, with the eyes of the faces given, 7."""
    scale = FACE / max(float(face[SIZE]), 1)
    shift = (CARD - 1) / 2 - scale * face[CENTRE]
    to_card = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    nowhere = np.full((2, 2), np.nan)
    eyes = [
        nowhere if each is None else transform_points(to_card, each[EYE_POINTS].reshape(2, 2))
        for each in (labelled, detected)
    ]
    chip = cut_chip(photographs.pictures[picture], to_card, CARD)
    return face_card(chip, eyes[0], eyes[1], f"photograph {picture}", note)

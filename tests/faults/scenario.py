"""`Scenario`: a call of the program whose result is known, and the calls that are tried."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from support.csv_files import LOOKUP, tables, write_bundle, write_plain

from kaggle_fkd.competition.archive import BUNDLE
from kaggle_fkd.competition.manifest import write_manifest
from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.competition.submission import write_submission
from kaggle_fkd.imaging.picture import ASTRONAUT_FILE, read_picture
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame
from kaggle_fkd.web.runtime import BINARY, SCRIPT

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
PROGRAM = (PYTHON, str(ROOT / "run_pipeline.py"))
WITH_KAGGLE = (PYTHON, str(ROOT / "tests" / "faults" / "with_kaggle.py"))
TORCHRUN = (PYTHON, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
LENET = ("--model", "lenet", "--epochs", "3", "--batch-size", "32", "--device", "cpu")
TWO_MEMBERS = (*LENET, "--set", "train.folds=2", "--set", "train.members=2")
SIZE = SampleSize(train_a=40, train_b=40, test_a=6, test_b=10)
FIXES = "row,keypoint,decision,x,y\n3,,drop,,\n5,nose_tip,move,48.5,50.25\n8,nose_tip,keep,,\n"


@dataclass(frozen=True)
class Scenario:
    """A call in a folder, whose result has the same bytes each time."""

    name: str
    """What tables and options call it."""
    command: tuple[str, ...]
    """The call."""
    inputs: Callable[[Path], None] | None = None
    """Writes what the call needs into an empty folder."""
    after: "Scenario | None" = None
    """Instead: the call continues with the folder that this one leaves."""
    targets: tuple[str, ...] = ()
    """The inputs that may be removed or damaged, by patterns."""
    trains: bool = False
    """Whether it makes a run, of which two calls at once could each begin one."""
    most_errors: int = 1
    """Errors that it may report: one, or one for each input."""
    one_may_die: bool = True
    """Whether one of its processes alone may be killed: a server would wait for ever."""
    says_more: bool = False
    """Whether another program's messages are among those on stderr."""


def _competition(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    write_sample_competition(data, SIZE, seed=7)
    write_manifest(data, {"seed": 7})
    (folder / "fixes.csv").write_text(FIXES)


def _pictures(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    shutil.copyfile(ASTRONAUT_FILE, pictures / "astronaut.png")
    face = _face()
    Image.fromarray(face).save(pictures / "face.jpg")
    Image.fromarray(np.full((60, 80, 3), 128, np.uint8)).save(pictures / "grey.png")
    names = ["pictures/astronaut.png", "pictures/face.jpg", "pictures/grey.png"]
    (folder / "list.txt").write_text("\n".join([*names, *names]) + "\n")


def _video(folder: Path) -> None:
    face = _face()
    frames = (Frame(np.roll(face, 2 * number, axis=1), number / 10) for number in range(12))
    write_video(folder / "clip.mp4", frames, 10)


def _runtime(folder: Path) -> None:
    """Files in the form of onnxruntime-web, which no browser is going to run."""
    (folder / "dist").mkdir()
    (folder / "dist" / SCRIPT).write_text("export const env = {};\n")
    (folder / "dist" / BINARY).write_bytes(bytes(range(256)) * 400)


def _bundle(folder: Path) -> None:
    """The competition as Kaggle ships it."""
    write_bundle(folder, tables()).joinpath(BUNDLE).rename(folder / "kaggle.zip")


def _submission(folder: Path) -> None:
    write_plain(folder / "data", tables())
    (folder / "submissions").mkdir()
    write_submission(folder / "submissions" / "mine.csv", LOOKUP, np.full((4, 15, 2), 48.0))


def _face() -> np.ndarray:
    """200 x 200 x 3: the face of the built-in photograph."""
    return read_picture(ASTRONAUT_FILE)[40:240, 130:330].copy()


DATA = ("data/training.csv", "data/test.csv", "data/IdLookupTable.csv")
ALL = Scenario(
    "all", (*PROGRAM, "all", "--resume", *LENET, "--set", "eda.gallery_faces=1"),
    _competition, targets=DATA, trains=True,
)  # fmt: skip
EVALUATE = Scenario(
    "evaluate",
    (*PROGRAM, "evaluate", "--resume", *TWO_MEMBERS, "--set", "train.label_fixes=fixes.csv"),
    _competition, targets=(*DATA, "fixes.csv"), trains=True,
)  # fmt: skip
MEMBERS = Scenario(
    "members", (*PROGRAM, "train", "--resume", *TWO_MEMBERS, "--jobs", "2"),
    _competition, targets=DATA, trains=True,
)  # fmt: skip
PROCESSES = Scenario(
    "torchrun",
    (*TORCHRUN, PROGRAM[1], "train", "--resume", *LENET, "--set", "train.members=3",
     "--set", "train.precision=fp32"),
    _competition, targets=DATA, trains=True, says_more=True,
)  # fmt: skip
PREDICT = Scenario(
    "predict", (*PROGRAM, "--stage", "predict,report"), after=MEMBERS,
    targets=(*DATA, "runs/*/member-00/weights.safetensors", "runs/*/run.json"),
)  # fmt: skip
EXPORT = Scenario(
    "export", (*PROGRAM, "export"), after=MEMBERS,
    targets=("runs/*/member-00/weights.safetensors", "runs/*/member-00/summary.json"),
)  # fmt: skip
PHOTOGRAPHS = Scenario(
    "photographs",
    (*PROGRAM, "photo", "pictures", "--json", "--csv", "--coco", "--pts", "--output", "drawn"),
    _pictures, targets=("pictures/*",), most_errors=4,
)  # fmt: skip
VIDEO = Scenario(
    "video", (*PROGRAM, "photo", "clip.mp4", "--json", "--csv", "--output", "drawn"),
    _video, targets=("clip.mp4",), most_errors=2,
)  # fmt: skip
TABLE = Scenario(
    "table",
    (*PROGRAM, "photo", "list.txt", "--table", "table", "--part-size", "2", "--jobs", "2"),
    _pictures, targets=("list.txt",),
)  # fmt: skip
PAGE = Scenario(
    "page", (*PROGRAM, "page", "--runtime", "dist", "--output", "page/keypoints.html"),
    _runtime, targets=("dist/*",),
)  # fmt: skip
SERVER = Scenario(
    "server", (PYTHON, str(ROOT / "tests" / "faults" / "ask_server.py")), after=EVALUATE,
    targets=("data/training.csv", "runs/evaluation-*/audit.csv", "runs/evaluation-*/oof.csv"),
    one_may_die=False, says_more=True,
)  # fmt: skip
DOWNLOAD = Scenario("download", (*WITH_KAGGLE, "download"), _bundle, targets=("kaggle.zip",))
SUBMIT = Scenario(
    "submit", (*WITH_KAGGLE, "submit", "submissions/mine.csv", "--yes"), _submission,
    targets=("data/IdLookupTable.csv",),
)  # fmt: skip
SCENARIOS = (
    ALL, EVALUATE, MEMBERS, PROCESSES, PREDICT, EXPORT, PHOTOGRAPHS, VIDEO, TABLE, PAGE, SERVER,
    DOWNLOAD, SUBMIT,
)  # fmt: skip

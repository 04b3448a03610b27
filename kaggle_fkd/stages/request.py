"""What the user asked for, whatever the data turn out to be. Light to import."""

from dataclasses import dataclass
from pathlib import Path

STAGES = ("download", "eda", "train", "evaluate", "predict", "blend", "submit", "photo", "inside")
"""Every stage, in the order in which they run. The module of that name in kaggle_fkd/stages says
what it takes and makes."""
ALL = ("download", "eda", "train", "predict")
"""What `--stage all` stands for."""
FILTERS = ("sunglasses", "hat", "moustache", "mask")
"""What faces can wear out of the box."""
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Request:
    """What the user asked for, whatever the data turn out to be."""

    stages: tuple[str, ...]
    """Stages to run, in pipeline order."""
    may_use_sample: bool = False
    """With neither data nor credentials, go on with generated sample faces (`--stage all`)."""
    data_dir: Path = Path("data")
    """Where the competition's files are, or go."""
    runs_dir: Path = Path("runs")
    """Where run directories and analyses go."""
    submissions_dir: Path = Path("submissions")
    """Where submissions and their log go."""
    preset: str | None = None
    """None means photo with 68 points, else smoke on sample faces and cpu on others."""
    points: int | None = None
    """15, the competition's keypoints, or 68; None: what the stage is for."""
    faces: tuple[Path, ...] = ()
    """The 68-point sets to train on; none means the one that the download stage fetches."""
    faces_url: str | None = None
    """Where the download stage fetches Udacity's archive from; None means Udacity's address."""
    inputs: tuple[str, ...] = ()
    """Pictures, folders and, for the photo stage, videos for the stages of photographs."""
    output: Path | None = None
    """Where the stages of photographs write; None means RUNS_DIR/STAGE."""
    filter: str | None = None
    """What the faces wear, by name or as the path of a PNG."""
    keypoint: str | None = None
    """The keypoint that the inside stage asks about, by name or number; None: the nose's tip."""
    json: bool = False
    """The photo stage writes JSON beside the pictures and one document to stdout."""
    csv: bool = False
    """The photo stage writes CSV beside the pictures."""
    pts: bool = False
    """The photo stage writes iBUG's .pts files beside the pictures."""
    settings: tuple[tuple[str, str], ...] = ()
    """(section.name, text) pairs, applied over the preset."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    runs: tuple[str, ...] = ()
    """The runs to evaluate or predict with; none means the newest finished one."""
    blend: tuple[Path, ...] = ()
    """The submissions to blend."""
    weights: tuple[float, ...] = ()
    """Their weights; none means equal ones."""
    submission: Path | None = None
    """The file to submit; None means the newest one."""
    message: str | None = None
    """The submission's description at Kaggle; None means the run's name."""
    yes: bool = False
    """Really submit."""
    resume: str | None = None
    """An unfinished run by name, or "" for the newest of the same settings; None: start anew."""
    force: bool = False
    """Run also the stages whose inputs have not changed."""

    @property
    def has_settings(self) -> bool:
        """True when the user said how to train."""
        about_training = [key for key, _ in self.settings if key.startswith(("train.", "augment."))]
        return self.preset is not None or bool(about_training)

"""Options: how a stage declares its arguments, and the groups that several stages share.

A stage is a frozen dataclass; each field made by `option` is an argument of the command line. This
module is light to import, so that --help is quick.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kaggle_fkd.config import TRAINING_SECTIONS
from kaggle_fkd.networks import DETECTORS, NETWORKS
from kaggle_fkd.presets import PRESETS
from kaggle_fkd.runs import NEWEST

DATA_DIR = Path("data")
"""Where the data are unless --data-dir says otherwise; the only folder of data that is made."""
DEVICES = ("auto", "cpu", "cuda", "mps")


def option(*flags: str, default: Any = None, positional: bool = False, **argument: Any) -> Any:
    """A field that is an argument: its flags, and what argparse is told about it.

    A `positional` one needs no flag in a sub-command (`kaggle-fkd photo a.jpg`).
    """
    metadata = {"flags": flags, "argument": argument, "positional": positional}
    return field(default=default, metadata=metadata)


def named_path(text: str) -> Path:
    """A path, which is not empty (as that of an unset variable is)."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)


def new_file(text: str) -> Path:
    """The path of a file to write, which is not that of a folder."""
    if named_path(text).is_dir() or not Path(text).name:
        raise argparse.ArgumentTypeError(f"{text} is a folder, not a file")
    return Path(text)


def input_name(text: str) -> str:
    """A picture or what stands for pictures, which is not empty either."""
    named_path(text)
    return text


@dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """What every stage takes."""

    data_dir: Path = option(
        "--data-dir", default=DATA_DIR, type=named_path, metavar="DIR",
        help="the competition's files: plain CSV, inner zips or the bundle (default: data)",
    )  # fmt: skip
    runs_dir: Path = option(
        "--runs-dir", default=Path("runs"), type=named_path, metavar="DIR",
        help="run directories and analyses (default: runs)",
    )  # fmt: skip
    submissions_dir: Path = option(
        "--submissions-dir", default=Path("submissions"), type=named_path, metavar="DIR",
        help="submissions and their log (default: submissions)",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DeviceOptions:
    """What computes."""

    device: str = option(
        "--device", default="auto", choices=DEVICES, help="the device to compute on (default: auto)"
    )


@dataclass(frozen=True, kw_only=True)
class ForceOptions:
    """Whether to repeat what is done already."""

    force: bool = option(
        "--force", default=False, action="store_true",
        help="run even if nothing has changed since the last time",
    )  # fmt: skip


def run_name(text: str) -> str:
    """The name of a run, which is not empty (as that of an unset variable is)."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name of the run is empty")
    return text.strip()


def run_names(text: str) -> tuple[str, ...]:
    """The names in `RUN[,RUN...]`."""
    return tuple(map(run_name, text.split(",")))


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """Which keypoints are learnt, and from which pictures."""

    points: str | None = option(
        "--points", metavar="{15,68,eyes,FILE}",
        help="Kaggle's 15 keypoints (default), iBUG's 68, the eyes (this trains a face detector), "
        "or the TOML file of a scheme of your own",
    )  # fmt: skip
    train_on: tuple[Path, ...] = option(
        "--train-on", default=(), type=named_path, nargs="+", action="extend", metavar="PATH",
        help="with --points 68 or FILE: folders or zips in the layout of Udacity's youtube68, or "
        "of pictures with .pts files or COCO keypoints (default: DATA_DIR/youtube68, or "
        "youtube68.zip there); with --points eyes, folders with a boxes.csv, too",
    )  # fmt: skip


def parse_setting(text: str) -> tuple[str, str]:
    """The (key, value) of `section.name=value`."""
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form section.name=value")
    return key.strip(), value.strip()


def positive(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


@dataclass(frozen=True, kw_only=True)
class SettingOptions:
    """Single settings."""

    overrides: tuple[tuple[str, str], ...] = option(
        "--set", default=(), type=parse_setting, action="append", metavar="SECTION.NAME=VALUE",
        help="a setting, e.g. --set augment.rotation=0; may be repeated (kaggle-fkd settings lists "
        "all of them)",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(SettingOptions, DeviceOptions, ForceOptions):
    """How to train."""

    preset: str | None = option(
        "--preset", metavar="NAME",
        help=f"how much to train: {', '.join(PRESETS)}; smoke takes a minute on sample faces "
        "(default there); cpu 15 minutes on two cores with bf16 instructions, otherwise 25 "
        "(default); best trains ten networks for longer: five to seven hours on two cores, minutes "
        "on a large GPU; those with _external start from the network for photographs, which is "
        "outside data; photo, the default with --points 68, takes three hours on two cores",
    )  # fmt: skip
    model: str | None = option(
        "--model", metavar="NAME", help=f"network: {', '.join((*NETWORKS, *DETECTORS))}"
    )
    epochs: str | None = option("--epochs", metavar="N", help="passes over the training faces")
    batch_size: str | None = option("--batch-size", metavar="N", help="faces per gradient step")
    lr: str | None = option("--lr", metavar="RATE", help="peak learning rate")
    seed: str | None = option(
        "--seed", metavar="N", help="seeds all random numbers of the training"
    )
    jobs: int | None = option(
        "--jobs", type=positive, metavar="N",
        help="members to train at the same time (default: one for each GPU; without a GPU, up to "
        "one for each thread)",
    )  # fmt: skip
    resume: str | None = option(
        "--resume", type=run_name, nargs="?", const=NEWEST, metavar="RUN",
        help="continue that run, or the newest unfinished one (of these settings, if given)",
    )  # fmt: skip

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """(section.name, text) pairs, the options' own ones last."""
        short = ("model", "epochs", "batch_size", "lr", "seed")
        given = [(f"train.{name}", getattr(self, name)) for name in short]
        return (*self.overrides, *((key, value) for key, value in given if value is not None))

    @property
    def settings_given(self) -> bool:
        """True when a preset or a setting of the training was given."""
        sections = {key.partition(".")[0] for key, _ in self.settings}
        return self.preset is not None or not sections.isdisjoint(TRAINING_SECTIONS)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Which trained networks to use."""

    runs: tuple[str, ...] = option(
        "--run", default=(), type=run_names, action="extend", metavar="RUN[,RUN...]",
        help="the run to use, or several to average (default: the newest)",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FinderOptions(DeviceOptions):
    """Which networks find faces and their keypoints in pictures."""

    runs: tuple[str, ...] = option(
        "--run", default=(), type=run_names, action="extend", metavar="RUN",
        help="a trained run, or a file that was exported from one (.onnx), whose networks are used "
        "instead of the package's, for keypoints or to find faces",
    )  # fmt: skip
    points: str | None = option(
        "--points", metavar="{15,68}",
        help="Kaggle's 15 keypoints or iBUG's 68 (default: those of the networks)",
    )  # fmt: skip
    points_of: str | None = option(
        "--points-of", metavar="CONVENTION",
        help="iBUG's keypoints as people marked photographs (default), or frames: as a tracker "
        "marked videos; a run knows those that it was trained on",
    )  # fmt: skip


def inputs_option(kinds: str) -> Any:
    """The inputs of a stage that works on such kinds of files."""
    return option(
        "--input", default=(), positional=True, type=input_name, nargs="+", action="extend",
        metavar="PATH",
        help=f"{kinds}, folders with any of them at any depth, patterns such as 'holiday/*.jpg', "
        "lists of pictures (.txt, a path on each line), or the word astronaut (a built-in example)",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PictureOptions(FinderOptions):
    """Which pictures to work on, and with which networks."""

    inputs: tuple[str, ...] = inputs_option("pictures, videos")
    output: Path | None = option(
        "--output", type=named_path, metavar="DIR",
        help="where results go (default: RUNS_DIR/STAGE)",
    )  # fmt: skip

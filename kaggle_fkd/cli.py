"""The command line: arguments in, exit code out.

Notices and progress go to stderr; the last line of stdout is the path of the submission.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.config import DEFAULT_PRESET, PRESET_68, PRESETS, SAMPLE_PRESET
from kaggle_fkd.networks import NETWORKS
from kaggle_fkd.stages.request import ALL, DEVICES, FILTERS, STAGES, Request
from kaggle_fkd.system.console import exit_code, interrupts_held, set_up

EXAMPLES = """\
examples:
  everything, from the competition's files (or sample faces) to a submission:
    python run_pipeline.py --stage all
  the classic baseline, to compare: LeNet on gaps filled with the mean:
    python run_pipeline.py --stage train,predict --model lenet --set train.labels=imputed
  go on after Ctrl-C:
    python run_pipeline.py --stage all --resume
  how good it is, by cross-validation (trains what members are missing):
    python run_pipeline.py --stage evaluate
  68 keypoints on photographs, without any training:
    python run_pipeline.py --stage photo --input astronaut --filter sunglasses
    python run_pipeline.py --stage photo --input holiday/ --json > faces.json
  what the network sees in a face, and where it looks for a keypoint:
    python run_pipeline.py --stage inside --input astronaut --keypoint 36
  one submission out of two:
    python run_pipeline.py --stage blend --blend submissions/a.csv submissions/b.csv
  see what would be submitted, then submit it:
    python run_pipeline.py --stage submit
    python run_pipeline.py --stage submit --yes --message "CNN, 30 epochs"

download, eda, train and predict are skipped when nothing has changed; the others always work.
Settings of --set and their meanings are in kaggle_fkd/config.py: train.*, augment.*, predict.*,
chips.*, eda.*

exit codes: 0 done, 1 failed (one line says why), 2 wrong usage, 130 interrupted by Ctrl-C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    set_up(options.quiet)

    def run() -> None:
        # Here, as torch takes seconds to import: --help is quick.
        with interrupts_held():
            from kaggle_fkd.pipeline import run_pipeline

        for submission in run_pipeline(_request(options)):
            print(submission, flush=True)

    return exit_code(run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_pipeline.py",
        description="Facial keypoints: from the Kaggle competition to any photograph.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--stage", type=_stages, required=True, metavar="STAGE[,STAGE...]",
        help=f"what to do: {', '.join(STAGES)}, or all (= {', '.join(ALL)}); run once each, "
        "in this order",
    )  # fmt: skip
    parser.add_argument(
        "--points", type=int, choices=(15, 68),
        help="Kaggle's keypoints, or iBUG's 68 (default: 68 for photo and inside, 15 otherwise); "
        "68 is for download, train, evaluate, photo and inside",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="only warnings and errors")
    parser.add_argument("--force", action="store_true", help="run unchanged stages again, too")
    parser.add_argument("--version", action="version", version=__version__)

    places = parser.add_argument_group("places")
    for name, what in (
        ("data", "the competition's files: plain CSV, inner zips or the bundle"),
        ("runs", "run directories and analyses"),
        ("submissions", "submissions and their log"),
    ):
        places.add_argument(
            f"--{name}-dir", type=Path, default=Path(name), metavar="DIR",
            help=f"{what} (default: {name})",
        )  # fmt: skip

    training = parser.add_argument_group("training")
    training.add_argument(
        "--preset", choices=PRESETS,
        help=f"how much to train: smoke takes a minute on sample faces (default there: "
        f"{SAMPLE_PRESET}), cpu a quarter of an hour (default otherwise: {DEFAULT_PRESET}), best "
        f"a GPU or a night; with --points 68 over an hour on one core (default: {PRESET_68})",
    )  # fmt: skip
    training.add_argument("--model", metavar="NAME", help=f"network: {', '.join(NETWORKS)}")
    training.add_argument("--epochs", metavar="N", help="passes over the training faces")
    training.add_argument("--batch-size", metavar="N", help="faces per gradient step")
    training.add_argument("--lr", metavar="RATE", help="learning rate at its peak")
    training.add_argument("--seed", metavar="N", help="seed of all that is random in training")
    training.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="SECTION.NAME=VALUE",
        help="any other setting, e.g. --set augment.rotation=0; may be repeated",
    )  # fmt: skip
    training.add_argument(
        "--resume", nargs="?", const="", metavar="RUN",
        help="continue the newest unfinished run of the same settings (if any), or that run",
    )  # fmt: skip
    training.add_argument("--device", choices=DEVICES, default="auto", help="default: auto")

    training.add_argument(
        "--faces", type=Path, nargs="+", default=(), metavar="PATH",
        help="with --points 68: folders or zips in the layout of Udacity's youtube68, or of "
        "pictures with .pts files (default: DATA_DIR/youtube68, which download fetches)",
    )  # fmt: skip

    training.add_argument(
        "--faces-url", metavar="URL", help="another address of Udacity's archive for download"
    )

    predicting = parser.add_argument_group("evaluating, predicting, submitting")
    predicting.add_argument(
        "--run", type=_names, default=(), metavar="RUN[,RUN...]",
        help="runs to evaluate or predict with (default: newest); of several the mean, with "
        "weights fitted on out-of-fold predictions once all are evaluated",
    )  # fmt: skip
    predicting.add_argument(
        "--blend", type=Path, nargs="+", default=(), metavar="FILE",
        help="submissions whose weighted mean --stage blend writes",
    )  # fmt: skip
    predicting.add_argument(
        "--weights", type=float, nargs="+", default=(), metavar="W",
        help="their weights (default: equal)",
    )  # fmt: skip
    predicting.add_argument(
        "--submission", type=Path, metavar="FILE", help="file to submit (default: newest)"
    )
    predicting.add_argument("--message", metavar="TEXT", help="the submission's description")
    predicting.add_argument("--yes", action="store_true", help="really submit")

    photo = parser.add_argument_group("photographs")
    photo.add_argument(
        "--input", nargs="+", default=(), metavar="PATH",
        help="pictures, folders of pictures, videos, or the word astronaut (a picture that is "
        "always there)",
    )  # fmt: skip
    photo.add_argument(
        "--output", type=Path, metavar="DIR", help="where results go (default: RUNS_DIR/STAGE)"
    )
    photo.add_argument(
        "--filter", metavar="NAME",
        help=f"what the faces wear: {', '.join(FILTERS)}, or a PNG of your own",
    )  # fmt: skip
    photo.add_argument(
        "--keypoint", metavar="NAME_OR_NUMBER",
        help="what --stage inside asks about (default: the nose's tip)",
    )  # fmt: skip
    photo.add_argument(
        "--json", action="store_true", help="write NAME.json, too, and all of it to stdout"
    )
    photo.add_argument("--csv", action="store_true", help="write NAME.csv, too")
    photo.add_argument("--pts", action="store_true", help="write NAME_1.pts, ..., too (68 points)")
    return parser


def _request(options: argparse.Namespace) -> Request:
    shortcuts = {
        "train.model": options.model,
        "train.epochs": options.epochs,
        "train.batch_size": options.batch_size,
        "train.lr": options.lr,
        "train.seed": options.seed,
    }
    given = [(key, value) for key, value in shortcuts.items() if value is not None]
    return Request(
        stages=options.stage[0],
        may_use_sample=options.stage[1],
        data_dir=options.data_dir,
        runs_dir=options.runs_dir,
        submissions_dir=options.submissions_dir,
        preset=options.preset,
        settings=(*options.set, *given),
        device=options.device,
        points=options.points,
        faces=tuple(options.faces),
        faces_url=options.faces_url,
        inputs=tuple(options.input),
        output=options.output,
        filter=options.filter,
        keypoint=options.keypoint,
        json=options.json,
        csv=options.csv,
        pts=options.pts,
        runs=options.run,
        blend=tuple(options.blend),
        weights=tuple(options.weights),
        submission=options.submission,
        message=options.message,
        yes=options.yes,
        resume=options.resume,
        force=options.force,
    )


def _stages(text: str) -> tuple[tuple[str, ...], bool]:
    """The named stages in pipeline order, and whether `all` was among them."""
    named = {name.strip() for name in text.split(",")}
    unknown = sorted(named - {*STAGES, "all"})
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no stage {', '.join(map(repr, unknown))}; choose from {', '.join(STAGES)}, all"
        )
    wanted = named | set(ALL) if "all" in named else named
    return tuple(name for name in STAGES if name in wanted), "all" in named


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _setting(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form section.name=value")
    return key.strip(), value.strip()

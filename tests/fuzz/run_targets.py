"""The files of runs, the tables about labels that a training is given, and settings."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from fuzz.target import Target
from safetensors.torch import save
from support.evaluated_run import evaluated_run
from support.exported_networks import finished_run
from support.five_keypoints import write_five_toml
from support.made_up_faces import varied_faces
from support.small_runs import CPU, new_run, new_trainer, quick

from kaggle_fkd.arguments import parse
from kaggle_fkd.competition.report.analysis import analysis_folder, read_analysis
from kaggle_fkd.config import build_config
from kaggle_fkd.errors import FkdError
from kaggle_fkd.evaluation.coco_pictures import write_pictures
from kaggle_fkd.evaluation.label_review import open_review
from kaggle_fkd.evaluation.oof_file import read_predictions
from kaggle_fkd.keypoints.scheme_file import read_scheme
from kaggle_fkd.report.sources import ReportSources, read_evaluation
from kaggle_fkd.runs.evaluation_receipt import write_evaluation_receipt
from kaggle_fkd.runs.find import evaluation_folder, find_run, runs_in
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.overview import overview
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.receipts import write_receipt
from kaggle_fkd.training.checkpoint import DIGEST_BYTES, load_checkpoint, save_checkpoint
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, Fix, write_fixes
from kaggle_fkd.training.start import start_from_stored_weights, store_weights
from kaggle_fkd.training.suspects import COLUMNS
from kaggle_fkd.training.treatment import treat_labels

FACES = varied_faces(6, 2)
MODEL = "gridnet_xs"
"""The network with the fewest weights."""
NOSE = FACES.scheme.names[FACES.scheme.nose_tip]


def _write_run(folder: Path) -> None:
    torch.manual_seed(0)
    run = finished_run(folder, MODEL)
    member = run.member(0)
    rows = "epoch,lr,train_rmse,val_rmse,seconds\n1,0.1,9.5,9.25,1.0\n2,0.01,5.0,5.5,1.0\n"
    member.metrics_file.write_text(rows)
    evaluation = {"version": "0", "oof_rmse": {"all": {"rmse": 2.5, "low": 2.4, "high": 2.6}}}
    evaluated = evaluation_folder(folder, [run])
    evaluated.mkdir()
    (evaluated / "evaluation.json").write_text(json.dumps(evaluation))
    write_evaluation_receipt(evaluated, [run])


def _run_in(folder: Path) -> Any:
    (path,) = folder.glob("*/run.json")
    return find_run(folder, path.parent.name)


def _read_records(folder: Path, file: Path) -> object:
    read: list[object] = [overview(folder)]
    for run in runs_in(folder):
        read += [run.scheme.flip_order, run.scheme.group_by_keypoint, run.scheme.feature_names]
        read += [(member.read_metrics(), member.load_network(CPU)) for member in run.members]
    return read


def _digest(weights: Any) -> str:
    tensors = {name: tensor.contiguous() for name, tensor in weights.items()}
    return hashlib.sha256(save(tensors)).hexdigest()


def _load_weights(folder: Path, file: Path) -> object:
    (member,) = _run_in(folder).require_members().members
    return _digest(member.load_network(CPU).state_dict())


def _started_member(folder: Path) -> Member:
    """The member of the run in the folder, or of a new one; not trained yet."""
    runs = runs_in(folder)
    member = (runs[0] if runs else new_run(folder, quick(model=MODEL))).member(0)
    member.folder.mkdir(exist_ok=True)
    return member


def _write_checkpoint(folder: Path) -> None:
    member = _started_member(folder)
    trainer = new_trainer(member, FACES)
    trainer.run_epoch(0, lambda: None)
    save_checkpoint(member, trainer, [], ["a commit"])


def _load_checkpoint(folder: Path, file: Path) -> object:
    member = _started_member(folder)
    trainer = new_trainer(member, FACES)
    if not file.exists():
        raise FkdError("there is no checkpoint", "the training starts anew")
    _, commits = load_checkpoint(member, trainer)
    return commits[0], _digest(trainer.network.state_dict())


def _load_signed_checkpoint(folder: Path, file: Path) -> object:
    """As `_load_checkpoint`, of a file whose sha256 is that of its content."""
    if file.is_file():
        stored = file.read_bytes()[DIGEST_BYTES:]
        file.write_bytes(hashlib.sha256(stored).digest() + stored)
    return _load_checkpoint(folder, file)


def _write_start(folder: Path) -> None:
    member = _started_member(folder)
    store_weights(member, new_trainer(member, FACES).network.trunk.state_dict())


def _load_start(folder: Path, file: Path) -> object:
    member = _started_member(folder)
    trainer = new_trainer(member, FACES)
    start_from_stored_weights(trainer.network, member, trainer.objective, CPU)
    return _digest(trainer.network.trunk.state_dict())


def _write_labels(folder: Path) -> None:
    """What the labels of faces may be changed by, and the evaluation of a run."""
    rows = FACES.ids.tolist()
    fixes = [Fix(rows[0], "", DROP), Fix(rows[1], NOSE, KEEP), Fix(rows[2], NOSE, MOVE, 40.5, 50)]
    write_fixes(folder / "fixes.csv", fixes)
    evaluated = evaluated_run(folder, FACES)
    write_pictures(evaluated, read_predictions(evaluated / "oof.csv", FACES), FACES)
    (evaluated / "coco.json").rename(folder / "corrected.json")
    (evaluated / "evaluation.json").write_text("{}")
    write_evaluation_receipt(evaluated, runs_in(folder))


def _read_labels(folder: Path, file: Path) -> object:
    if file.parent == folder:  # fixes
        return treat_labels(FACES, quick().train, LabelFiles(None, file))
    review = open_review(folder, [], FACES)
    sources = ReportSources(runs_in(folder)[0], folder, folder, str)
    if (evaluation := read_evaluation(sources, FACES)) is not None:
        evaluation.table("audit.csv", COLUMNS)
    policies = [quick(suspect_policy=policy).train for policy in ("drop", "weight")]
    audit = LabelFiles(file.parent / "audit.csv")
    return review, [treat_labels(FACES, config, audit) for config in policies]


def _write_settings(folder: Path) -> None:
    lines = ["train.lr=0.01", "train.model=lenet", "augment.flip=0.5", "train.mirror_heads=true"]
    (folder / "settings").write_text("\n".join([*lines, "train.epochs=5", "eda.seed=1"]))


def _read_settings(folder: Path, file: Path) -> object:
    pairs = [line.partition("=") for line in _lines(file)]
    return build_config("cpu", [(key, value) for key, _, value in pairs])


def _write_arguments(folder: Path) -> None:
    words = ["--stage", "train,evaluate,predict", "--epochs", "5", "--lr", "0.1", "--run", "a,b",
             "--set", "train.folds=3", "--data-dir", "data", "--jobs", "2", "--resume"]  # fmt: skip
    (folder / "train").write_text("\n".join(words))
    words = ["photo", "a.jpg", "--filter", "hat", "--json", "--points", "15", "--line-width", "2"]
    (folder / "photo").write_text("\n".join(words))


def _lines(file: Path) -> list[str]:
    """The lines as the system gives words to a program: without zero bytes."""
    return file.read_bytes().replace(b"\0", b"").decode(errors="surrogateescape").split("\n")


def _write_analysis(folder: Path) -> None:
    analysis = analysis_folder(folder, FACES)
    analysis.mkdir()
    (analysis / "missing.csv").write_text("keypoint,missing\nnose_tip,3\n")
    (analysis / "summary.json").write_text(json.dumps({"findings": ["a sentence"]}))
    write_receipt(
        analysis / "inputs.json", {"version": provenance()["version"]}, sorted(analysis.iterdir())
    )


def _read_analysis(folder: Path, file: Path) -> object:
    analysis = read_analysis(folder, FACES)
    return analysis and (analysis.summary, analysis.table("missing", ("keypoint", "missing")))


TARGETS = (
    Target(
        "records of a run", _write_run, _read_records,
        ("runs/run.py", "runs/member.py", "runs/overview.py", "system/files.py"),
        ("*/*.json", "*/*/*.json", "*/*/*.csv"),
    ),
    Target(
        "weights", _write_run, _load_weights, ("runs/member.py",),
        ("*/*/*.safetensors", "*/*/summary.json"), same=True, weight=2,
    ),
    Target(
        "checkpoint", _write_checkpoint, _load_checkpoint, ("training/checkpoint.py",),
        ("*/*/state.pt",), same=True, weight=1,
    ),
    Target(
        "checkpoint with its sha256", _write_checkpoint, _load_signed_checkpoint,
        ("training/checkpoint.py",), ("*/*/state.pt",), weight=1,
    ),
    Target(
        "weights to start from", _write_start, _load_start, ("training/start.py",), ("*/start.*",),
        same=True, weight=1,
    ),
    Target(
        "labels", _write_labels, _read_labels,
        ("training/suspects.py", "training/label_fixes.py", "training/corrected_labels.py",
         "evaluation/oof_file.py", "keypoints/coco_file.py", "report/sources.py"),
        ("*.*", "evaluation-*/*.csv", "evaluation-*/*.json"), weight=8,
    ),
    Target(
        "scheme of keypoints", write_five_toml, lambda folder, file: read_scheme(file),
        ("keypoints/scheme_file.py",), weight=8,
    ),
    Target(
        "analysis of the data", _write_analysis, _read_analysis,
        ("competition/report/analysis.py", "report/sources.py", "system/receipts.py"), ("*/*",),
    ),
    Target("settings", _write_settings, _read_settings, (), weight=8, regular=True),
    Target(
        "arguments", _write_arguments, lambda folder, file: parse(_lines(file), "kaggle-fkd"), (),
        weight=8, regular=True,
    ),
)  # fmt: skip

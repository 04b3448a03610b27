"""Settings of a run: frozen dataclasses, presets, and `--set section.name=value`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, get_type_hints

from kaggle_fkd.errors import UsageError

LABELS = ("masked", "imputed", "complete")
LOSSES = ("mse", "smooth_l1", "l1")
LARGEST_SEED = 2**32 - 1
"""What scikit-learn takes at most."""


@dataclass(frozen=True)
class TrainConfig:
    """What is trained, on which labels, and for how long."""

    model: str = "cnn"
    """A network of the registry (kaggle_fkd/networks)."""
    epochs: int = 30
    """At most that many passes over the training faces."""
    batch_size: int = 128
    """Faces per gradient step."""
    lr: float = 1e-3
    """Peak learning rate of Adam; a cosine takes it down to a hundredth by the last epoch."""
    loss: str = "mse"
    """mse, smooth_l1 or l1, over the known coordinates."""
    labels: str = "masked"
    """masked: missing labels do not count, and each label convention has a head of its own.
    imputed, complete: the classic baselines, one head for all; every gap filled with the
    feature's mean, or only rows with every keypoint."""
    folds: int = 10
    """One of so many folds is held out for validation; repeats of an image share a fold."""
    patience: int = 20
    """Stop after so many epochs without a better validation RMSE."""
    seed: int = 0
    """Seeds the split, the first weights, the order of the faces and the augmentation."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            _within("train", name, getattr(self, name), 1, 1_000_000)
        _within("train", "lr", self.lr, 1e-12, 1e3)
        _within("train", "folds", self.folds, 2, 1000)
        _within("train", "seed", self.seed, 0, LARGEST_SEED)
        _one_of("train", "labels", self.labels, LABELS)
        _one_of("train", "loss", self.loss, LOSSES)


@dataclass(frozen=True)
class AugmentConfig:
    """How far a training face may be changed; 0 everywhere turns augmentation off."""

    flip: float = 0.5
    """Probability of a mirror image (left and right keypoints swap)."""
    rotation: float = 12.0
    """Rotation by up to so many degrees, either way."""
    scale: float = 0.12
    """Larger or smaller by up to this share."""
    shift: float = 0.05
    """Moved by up to this share of the image, in x and in y."""
    contrast: float = 0.3
    """Contrast changed by up to this share."""
    brightness: float = 0.15
    """Brightness changed by up to this share of white."""

    def __post_init__(self) -> None:
        most = {"rotation": 180, "scale": 0.9}
        for setting in fields(self):
            value = getattr(self, setting.name)
            _within("augment", setting.name, value, 0, most.get(setting.name, 1))


@dataclass(frozen=True)
class EdaConfig:
    """What the analysis of the data shows and how imputation is scored."""

    seed: int = 0
    """Seeds the choice of faces and of the values that are hidden."""
    hidden_share: float = 0.1
    """Share of the known keypoints that is hidden to score each imputation method."""
    neighbours: int = 5
    """Neighbours of the KNN imputation."""
    gallery_faces: int = 24
    """Faces in a gallery."""

    def __post_init__(self) -> None:
        _within("eda", "seed", self.seed, 0, LARGEST_SEED)
        _within("eda", "hidden_share", self.hidden_share, 1e-3, 0.5)
        _within("eda", "neighbours", self.neighbours, 1, 1000)
        _within("eda", "gallery_faces", self.gallery_faces, 1, 120)


@dataclass(frozen=True)
class Config:
    """All settings that change a result. Paths and devices are no part of it."""

    train: TrainConfig = field(default_factory=TrainConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    eda: EdaConfig = field(default_factory=EdaConfig)

    def of_training(self) -> dict[str, dict[str, Any]]:
        """The settings that decide what a training gives, as stored in its run directory."""
        return {"train": asdict(self.train), "augment": asdict(self.augment)}


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "smoke": {"train.epochs": 12, "train.batch_size": 32, "train.patience": 10},
    "cpu": {},
    "best": {"train.epochs": 300, "train.patience": 60},
}
"""Settings that differ from the defaults, by preset."""
DEFAULT_PRESET, SAMPLE_PRESET = "cpu", "smoke"
"""What is used when no preset is named, on real data and on sample faces."""


def build_config(preset: str, overrides: Sequence[tuple[str, str]]) -> Config:
    """The preset's settings with `overrides`, (`section.name`, text) pairs, applied in order.

    Raises UsageError for an unknown preset or setting, or a value that does not fit.
    """
    if preset not in PRESETS:
        raise UsageError(f"--preset {preset}: unknown", f"choose one of {', '.join(PRESETS)}")
    config = Config()
    for key, value in [*PRESETS[preset].items(), *overrides]:
        config = _with_setting(config, key, str(value))
    return config


def config_from_dict(stored: Mapping[str, Mapping[str, Any]]) -> Config:
    """The configuration that `Config.of_training` gave."""
    return Config(TrainConfig(**stored["train"]), AugmentConfig(**stored["augment"]))


def _with_setting(config: Config, key: str, text: str) -> Config:
    sections = {section.name: getattr(config, section.name) for section in fields(config)}
    known = [
        f"{section}.{setting.name}" for section in sections for setting in fields(sections[section])
    ]
    if key not in known:
        raise UsageError(f"{key}={text}: no such setting", f"known: {', '.join(known)}")
    section, name = key.split(".")
    kind = get_type_hints(type(sections[section]))[name]
    try:
        value = kind(text)
    except ValueError:
        wanted = {int: "a whole number", float: "a number"}[kind]
        raise UsageError(f"{key}={text}: not {wanted}", f"give {wanted}") from None
    return replace(config, **{section: replace(sections[section], **{name: value})})


def _within(section: str, name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # false for NaN, too
        remedy = f"give a number from {least:g} to {most:g}"
        raise UsageError(f"{section}.{name}={value}: impossible", remedy)


def _one_of(section: str, name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise UsageError(
            f"{section}.{name}={value}: unknown", f"choose one of {', '.join(choices)}"
        )

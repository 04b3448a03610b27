"""Settings of a run: frozen dataclasses, presets, and `--set section.name=value`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, get_type_hints

from kaggle_fkd.errors import UsageError

LABELS = ("masked", "imputed", "complete")
LOSSES = ("mse", "smooth_l1", "l1")
HEADS = ("convention", "one")
SUSPECTS = ("drop", "weight")
LARGEST_SEED = 2**32 - 1
"""What scikit-learn takes at most."""


@dataclass(frozen=True)
class TrainConfig:
    """What is trained, on which labels, and for how long."""

    model: str = "gridnet"
    """A network of the registry (kaggle_fkd/networks)."""
    epochs: int = 34
    """That many passes over the training faces."""
    batch_size: int = 64
    """Faces per gradient step."""
    lr: float = 6e-3
    """Peak learning rate of AdamW, after the warm-up; a cosine takes it down to nearly nothing."""
    warmup: float = 0.08
    """Share of the steps over which the learning rate rises from 0 to its peak."""
    weight_decay: float = 0.01
    """AdamW's, on weights and on how sharply cells compete; biases and normalisation have none."""
    ema: float = 0.998
    """Decay of the exponential moving average of the weights, which is what predicts; 0: off."""
    loss: str = "smooth_l1"
    """mse, smooth_l1 (quadratic below 1 of 96 pixels) or l1, over the known coordinates."""
    finish: float = 0.0
    """Share of the epochs, at the end, in which the loss is mse whatever `loss` says. The score is
    a squared error, but a third with mse cost 1 % out of fold: wrong labels weigh too much."""
    labels: str = "masked"
    """masked: missing labels do not count. imputed, complete: the classic baselines, one head for
    all faces; every gap filled with the feature's mean, or only rows with every keypoint."""
    heads: str = "convention"
    """convention: with masked labels, each label convention has a head of its own; one: they share
    one, wrong by construction, to compare."""
    mirror_heads: bool = True
    """With masked labels, mirrored faces have heads of their own, which learn by how much they
    differ: where labels are off to one side, a mirrored face's are not the mirrored labels."""
    only: str = ""
    """Train on the faces of this label convention alone; empty: on all."""
    audit: str = ""
    """An audit.csv of --stage evaluate, for `suspects`; empty: none."""
    suspects: str = "drop"
    """What becomes of the labels that `audit` suspects: drop them, or weight them by how plausible
    they are."""
    folds: int = 10
    """The faces are parted into so many folds; repeats of an image share one."""
    members: int = 1
    """Networks to train and to average. Member i holds out fold i (modulo `folds`) for
    validation, so that as many members as folds make a cross-validation."""
    seed: int = 0
    """Seeds the split and, plus the member's number, the first weights, the order of the faces
    and the augmentation."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            _within("train", name, getattr(self, name), 1, 1_000_000)
        _within("train", "lr", self.lr, 1e-12, 1e3)
        _within("train", "weight_decay", self.weight_decay, 0, 1e3)
        for name in ("warmup", "finish"):
            _within("train", name, getattr(self, name), 0, 1)
        _within("train", "ema", self.ema, 0, 0.999_999)
        _within("train", "folds", self.folds, 2, 1000)
        _within("train", "members", self.members, 1, 1000)
        _within("train", "seed", self.seed, 0, LARGEST_SEED)
        _one_of("train", "labels", self.labels, LABELS)
        _one_of("train", "heads", self.heads, HEADS)
        _one_of("train", "loss", self.loss, LOSSES)
        _one_of("train", "suspects", self.suspects, SUSPECTS)

    def lr_at(self, done: float) -> float:
        """The learning rate when that share of the steps is done: a ramp, then half a cosine."""
        if done < self.warmup:
            return self.lr * done / self.warmup
        rest = (done - self.warmup) / max(1 - self.warmup, 1e-9)
        return self.lr * (1 + math.cos(math.pi * rest)) / 2

    def loss_at(self, done: float) -> str:
        """The loss when that share of the steps is done."""
        return "mse" if done >= 1 - self.finish else self.loss


@dataclass(frozen=True)
class AugmentConfig:
    """How far a training face may be changed; 0 everywhere turns augmentation off.

    The defaults are for the 34 epochs of `cpu`: a little more of everything changed less there than
    a seed does, strong distortions cost 5 % on held-out faces (results/README.md). `best` trains
    longer, and with more.
    """

    flip: float = 0.5
    """Probability of a mirror image (left and right keypoints swap)."""
    rotation: float = 10.0
    """Rotation by up to so many degrees, either way."""
    scale: float = 0.12
    """Larger or smaller by up to this share."""
    shear: float = 0.0
    """x moved by up to this share of y, from the centre."""
    perspective: float = 0.0
    """Shrunk by up to this share from the centre to a border, as if turned away."""
    shift: float = 0.05
    """Moved by up to this share of the image, in x and in y."""
    elastic: float = 0.0
    """Standard deviation of an elastic bending, as a share of the image's width."""
    contrast: float = 0.2
    """Contrast changed by up to this share."""
    brightness: float = 0.1
    """Brightness changed by up to this share of white."""
    blur: float = 0.0
    """Probability of a blur of up to 3 x 3 pixels."""
    noise: float = 0.0
    """Normal noise in every pixel, of up to this share of white."""
    occlusion: float = 0.0
    """Probability of a grey rectangle in front of the face."""

    def __post_init__(self) -> None:
        most = {"rotation": 180, "scale": 0.5, "perspective": 0.2, "elastic": 0.03}
        for setting in fields(self):
            value = getattr(self, setting.name)
            _within("augment", setting.name, value, 0, most.get(setting.name, 1))


@dataclass(frozen=True)
class PredictConfig:
    """How a trained run predicts: no part of its training."""

    flip: bool = True
    """Average with the prediction on the mirror image."""
    scale: float = 0.12
    """Average also over each face made smaller and larger by this share; 0: as it is alone. On
    held-out faces 0.12, where augmentation ends, takes about 2 % off the error."""

    def __post_init__(self) -> None:
        _within("predict", "scale", self.scale, 0, 0.5)


@dataclass(frozen=True)
class ChipConfig:
    """The square pictures that faces with 68 points are cut into, for training and prediction."""

    size: int = 96
    """Pixels a side that the network sees; the longer side of a face's points takes 0.8 of it."""

    def __post_init__(self) -> None:
        _within("chips", "size", self.size, 32, 512)

    @property
    def margin(self) -> int:
        """Pixels around that, which augmentation moves into view: a sixth of the size."""
        return self.size // 6


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
    predict: PredictConfig = field(default_factory=PredictConfig)
    chips: ChipConfig = field(default_factory=ChipConfig)
    eda: EdaConfig = field(default_factory=EdaConfig)

    def training_settings(self) -> dict[str, dict[str, Any]]:
        """The settings of a training, as stored in its run directory."""
        return {"train": asdict(self.train), "augment": asdict(self.augment)}

    def same_training_as(self, other: "Config") -> bool:
        """True when both train the same networks, though perhaps not as many of them."""
        train = replace(other.train, members=self.train.members)
        return (train, other.augment) == (self.train, self.augment)


_PHOTO: Mapping[str, Any] = {
    "train.folds": 40,
    "train.loss": "l1",
    "augment.shear": 0.03,
    "augment.perspective": 0.03,
    "augment.contrast": 0.35,
    "augment.blur": 0.2,
    "augment.noise": 0.03,
    "augment.occlusion": 0.2,
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "smoke": {"train.epochs": 12, "train.batch_size": 32},
    "cpu": {},
    # Longer, so that a richer augmentation can pay: together they took 1 % off the error of one
    # network on fold 0, 6 % on convention B (results/README.md).
    "best": {
        "train.members": 10,
        "train.epochs": 80,
        "augment.rotation": 15,
        "augment.scale": 0.15,
        "augment.shear": 0.05,
        "augment.perspective": 0.05,
        "augment.shift": 0.06,
        "augment.contrast": 0.3,
        "augment.brightness": 0.15,
        "augment.blur": 0.1,
        "augment.noise": 0.01,
        "augment.occlusion": 0.1,
    },
    # What the networks in the package were trained with. One face in 40 watches, as all others are
    # needed. `photo` looks at faces that `photo_coarse` has set upright: small movements.
    "photo": {
        **_PHOTO,
        "train.model": "gridnet_s",
        "train.epochs": 120,
        "augment.rotation": 15,
        "augment.scale": 0.1,
        "augment.shift": 0.04,
    },
    # The first look, at what a detector's box shows: tilted, and off by a quarter of the face.
    "photo_coarse": {
        **_PHOTO,
        "train.model": "gridnet_xs",
        "train.epochs": 60,
        "chips.size": 48,
        "augment.rotation": 45,
        "augment.scale": 0.25,
        "augment.shift": 0.15,
    },
}
"""Settings that differ from the defaults, by preset."""
DEFAULT_PRESET, SAMPLE_PRESET, PRESET_68 = "cpu", "smoke", "photo"
"""What is used when no preset is named: on real data, on sample faces, for 68 points."""
SWITCH: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}


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
    """The configuration that `training_settings` gave; TypeError for one of other settings."""
    for section, kind in (("train", TrainConfig), ("augment", AugmentConfig)):
        if stored[section].keys() != {setting.name for setting in fields(kind)}:
            raise TypeError(f"settings of {section} that are not those of this version")
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
        value = SWITCH[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
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

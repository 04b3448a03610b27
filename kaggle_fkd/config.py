"""Settings of a run: frozen dataclasses, in which each field has a meaning and a range.

The defaults are those of the preset `cpu` (presets.py); the command line's `section.name=value`
overrides single ones.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, get_type_hints

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.presets import PRESETS

PRECISIONS = ("fp32", "bf16", "fp16", "auto")
"""What the settings of precision may say; auto is what the device computes fastest with."""
MAX_SEED = 2**32 - 1
"""The largest seed that scikit-learn accepts."""
MAX_EPOCHS = 1_000_000
"""The largest number of epochs; a table with higher ones is not one of a training."""
SWITCH: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
"""What messages call the types of settings."""


def setting(
    default: Any, meaning: str, minimum: float | None = None, maximum: float | None = None,
    choices: Sequence[str] = (),
) -> Any:  # fmt: skip
    """A field of a section: its default, its meaning in a sentence, and what it may be."""
    metadata = {"meaning": meaning, "minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata=metadata)


class Section:
    """Base of the sections: values outside their range are rejected."""

    def __post_init__(self) -> None:
        kinds = get_type_hints(type(self))
        for each in fields(self):  # type: ignore[arg-type]  # subclasses are dataclasses
            value, choices = getattr(self, each.name), each.metadata["choices"]
            if not _is_of(value, kinds[each.name]):
                wanted = WORDS[kinds[each.name]]
                raise UsageError(f"{each.name}={value!r} is not {wanted}", f"use {wanted}")
            if choices and value not in choices:
                raise UsageError(f"{each.name}={value} is unknown", suggest(str(value), choices))
            minimum, maximum = each.metadata["minimum"], each.metadata["maximum"]
            if minimum is not None and not minimum <= value <= maximum:  # also rejects NaN
                raise UsageError(
                    f"{each.name}={value} is out of range",
                    f"use a number from {minimum} to {maximum}",
                )


def _is_of(value: object, kind: type) -> bool:
    """Whether the value is of that type; a whole number is a number, true and false are not."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


@dataclass(frozen=True)
class TrainConfig(Section):
    """What is trained, on which labels, and for how long."""

    model: str = setting(
        "gridnet",
        "The network: cnn, fiveconv, fiveconv_bn, gridnet, gridnet_s, gridnet_xs, heatmapnet, "
        "lenet, naimishnet or plainnet; for faces in photographs, detector.",
    )
    epochs: int = setting(50, "Number of passes over the training faces.", 1, MAX_EPOCHS)
    batch_size: int = setting(64, "Faces per gradient step.", 1, 1_000_000)
    lr: float = setting(
        6e-3,
        "Peak learning rate of AdamW, after the warm-up; a cosine lowers it to nearly 0.",
        1e-12, 1e3,
    )  # fmt: skip
    warmup: float = setting(
        0.08, "Share of the steps over which the learning rate rises from 0 to its peak.", 0, 1
    )
    weight_decay: float = setting(
        0.01,
        "Weight decay of AdamW; biases and normalisation layers have none.",
        0, 1e3,
    )  # fmt: skip
    precision: str = setting(
        "auto",
        "The numeric precision of the forward pass: fp32, or, with 16 bits (weights and losses "
        "keep 32), bf16 or fp16. auto is what the device is fastest with: bf16 on processors with "
        "AVX512-BF16 or AMX and GPUs since Ampere, fp16 on GPUs since Volta, else fp32.",
        choices=PRECISIONS,
    )
    loss: str = setting(
        "smooth_l1",
        "The loss over the labelled coordinates: mse, smooth_l1 (quadratic below 1/96 of the "
        "width) or l1.",
        choices=("mse", "smooth_l1", "l1"),
    )
    labels: str = setting(
        "masked",
        "masked: missing labels are ignored. imputed and complete are the classic baselines, with "
        "one head for all faces: gaps are filled with the coordinate's mean, or only faces with "
        "every keypoint are used.",
        choices=("masked", "imputed", "complete"),
    )
    heads: str = setting(
        "convention",
        "convention: with masked labels, each label convention has a separate head. shared: one "
        "head for all conventions, a baseline, which cannot fit both.",
        choices=("convention", "shared"),
    )
    mirror_heads: bool = setting(
        True,
        "With masked labels: labels that are biased to one side are not mirror-symmetric, so "
        "mirrored faces have separate heads, which learn by how much the two sides differ.",
    )
    start_from: str = setting(
        "",
        "Where the trunk of a grid network takes its initial weights from: points68, the package's "
        "network for photographs, or a run, by its name or path; empty: random weights. Weights "
        "that learnt other faces are outside data for Kaggle, and points68 is for research and "
        "teaching only.",
    )
    only_convention: str = setting(
        "", "Train on the faces of this label convention alone; empty: on all faces."
    )
    audit: str = setting(
        "", "An audit.csv that the evaluate stage wrote, for suspect_policy; empty: none."
    )
    suspect_policy: str = setting(
        "drop",
        "The treatment of the labels that the audit suspects: drop removes them, weight reduces "
        "the weights of their faces.",
        choices=("drop", "weight"),
    )
    label_fixes: str = setting(
        "",
        "A file of decisions about labels: CSV with row,keypoint,decision,x,y, or corrected labels "
        "as COCO keypoints (.json). The training uses the labels as fixed, and no audit suspects "
        "them (in COCO, those that are changed); validation and scores use those of the data. "
        "Empty: none.",
    )
    folds: int = setting(
        10, "Number of folds of the faces; repeats of an image are in the same fold.", 2, 1000
    )
    members: int = setting(
        1,
        "Number of networks to train and to average. Member i holds out fold i (modulo folds) for "
        "validation, so as many members as folds make a cross-validation.",
        1, 1000,
    )  # fmt: skip
    seed: int = setting(
        0,
        "Seeds the folds and, plus the member's number, the initial weights, the order of the "
        "faces and the augmentation.",
        0, MAX_SEED,
    )  # fmt: skip

    def lr_at(self, progress: float) -> float:
        """The learning rate at that share of the steps: a linear ramp, then half a cosine."""
        if progress < self.warmup:
            return self.lr * progress / self.warmup
        rest = (progress - self.warmup) / max(1 - self.warmup, 1e-9)
        return self.lr * (1 + math.cos(math.pi * rest)) / 2


@dataclass(frozen=True)
class AugmentConfig(Section):
    """How far a training face may be changed; 0 everywhere turns augmentation off.

    The defaults are for the 50 epochs of `cpu`: together they reduced the error on held-out faces
    by 2.9 %, compared with 34 epochs of weaker augmentation. Twice the distortions increased it by
    3 % (results/README.md).
    """

    flip: float = setting(
        0.5, "Probability of a mirror image, in which left and right keypoints swap.", 0, 1
    )
    rotation: float = setting(15.0, "Largest rotation in degrees, either way.", 0, 180)
    scale: float = setting(0.15, "Largest share by which a face grows or shrinks.", 0, 0.5)
    shear: float = setting(
        0.05, "Largest share of y by which x moves, measured from the centre.", 0, 1
    )
    perspective: float = setting(
        0.05,
        "Largest share by which a face shrinks from the centre to a border, as if turned away.",
        0, 0.2,
    )  # fmt: skip
    shift: float = setting(
        0.06, "Largest shift in x and in y, as a share of the image's size.", 0, 1
    )
    contrast: float = setting(0.3, "Largest share by which the contrast changes.", 0, 1)
    brightness: float = setting(0.15, "Largest change of brightness, as a share of white.", 0, 1)
    blur: float = setting(0.1, "Probability of a blur of up to 3 x 3 pixels.", 0, 1)
    noise: float = setting(
        0.01, "Largest standard deviation of normal noise in each pixel, as a share of white.", 0, 1
    )
    occlusion: float = setting(0.1, "Probability of a grey rectangle in front of the face.", 0, 1)
    low_resolution: float = setting(
        0.0, "Probability that a face has a half to a quarter of its resolution.", 0, 1
    )


@dataclass(frozen=True)
class PredictConfig(Section):
    """Test-time augmentation (TTA): what a prediction is averaged over.

    It is not part of the training.
    """

    tta_flip: bool = setting(True, "Average with the prediction on the mirror image.")
    tta_scale: float = setting(
        0.12,
        "Average also over each face made smaller and larger by this share; 0 turns it off. The "
        "default reduces the error on held-out faces by about 2 %.",
        0, 0.5,
    )  # fmt: skip
    precision: str = setting(
        "auto",
        "The numeric precision of the network, as in train.precision. bf16 takes half the time, "
        "and moves keypoints by 0.01 pixels, up or down.",
        choices=PRECISIONS,
    )

    def without_tta(self) -> "PredictConfig":
        """The same precision, with one prediction for each face."""
        return replace(self, tta_flip=False, tta_scale=0)


@dataclass(frozen=True)
class ChipConfig(Section):
    """The square pictures that the faces of photographs are cut into."""

    size: int = setting(
        96,
        "Width and height in pixels of the network's input; the longer side of the mean shape is "
        "0.8 of it.",
        32, 512,
    )  # fmt: skip

    @property
    def margin(self) -> int:
        """Pixels at each side, which augmentation moves into view: a sixth of the size."""
        return self.size // 6


@dataclass(frozen=True)
class DetectConfig(Section):
    """The crops of photographs on which a face detector is trained."""

    crop: int = setting(160, "Width and height of a crop in pixels, a multiple of 32.", 64, 1024)
    smallest: float = setting(8.0, "Size of the smallest face to find, in pixels.", 4, 1000)
    largest: float = setting(140.0, "Size of the largest face to find, in pixels.", 4, 1000)
    any_roll: float = setting(
        0.4, "Share of the crops that are rotated by any angle; others are nearly upright.", 0, 1
    )
    roll: float = setting(
        12.0, "Standard deviation of the roll of the nearly upright crops, in degrees.", 0, 180
    )
    backgrounds: int = setting(
        2, "Crops of each photograph without faces in an epoch, beside one of each face.", 0, 100
    )
    texture: float = setting(
        0.15, "Share of these crops that show a made-up texture instead, as of gravel.", 0, 1
    )
    backdrop: float = setting(
        0.5,
        "Share of the crops that show a photograph without faces where they extend beyond their "
        "own; in the others, that area is grey.",
        0, 1,
    )  # fmt: skip
    cover: float = setting(
        0.12,
        "Probability that part of a face is covered: by a mask or by a square, as often.",
        0, 1,
    )  # fmt: skip


@dataclass(frozen=True)
class EdaConfig(Section):
    """What the analysis of the data shows, and how imputation is scored."""

    seed: int = setting(0, "Seeds the choice of faces and of hidden values.", 0, MAX_SEED)
    hidden_share: float = setting(
        0.1, "Share of the known keypoints that is hidden to score imputation.", 1e-3, 0.5
    )
    neighbours: int = setting(5, "Number of neighbours of KNN imputation.", 1, 1000)
    gallery_faces: int = setting(24, "Number of faces in a gallery.", 1, 120)


TRAINING_SECTIONS: Mapping[str, type[Any]] = {
    "train": TrainConfig, "augment": AugmentConfig, "chips": ChipConfig,
    "detect": DetectConfig,
}  # fmt: skip
"""The sections of `Config` that a training depends on, and that its run stores."""


@dataclass(frozen=True)
class Config:
    """All settings that change a result; folders and devices do not belong to them."""

    train: TrainConfig = field(default_factory=TrainConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    predict: PredictConfig = field(default_factory=PredictConfig)
    chips: ChipConfig = field(default_factory=ChipConfig)
    detect: DetectConfig = field(default_factory=DetectConfig)
    eda: EdaConfig = field(default_factory=EdaConfig)

    def training_settings(self) -> dict[str, dict[str, Any]]:
        """The settings of a training, as its run directory stores them."""
        return {name: asdict(getattr(self, name)) for name in TRAINING_SECTIONS}

    def same_training_as(self, other: "Config") -> bool:
        """True when both train the same networks, though possibly another number of them.

        The paths of the audit and of the label fixes do not matter: their content is part of the
        data that a run trains on.
        """

        def compared(config: Config) -> tuple[Section, ...]:
            train = config.train
            audit, label_fixes = (str(bool(path)) for path in (train.audit, train.label_fixes))
            train = replace(train, members=1, audit=audit, label_fixes=label_fixes)
            return train, config.augment, config.detect

        return compared(self) == compared(other)


def all_settings() -> Iterator[tuple[str, Any, str]]:
    """(`section.name`, default, meaning) of every setting."""
    config = Config()
    for section in fields(config):
        values = getattr(config, section.name)
        for each in fields(values):
            yield f"{section.name}.{each.name}", each.default, each.metadata["meaning"]


def setting_text(value: object) -> str:
    """The value of a setting as it is given on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def build_config(preset: str, overrides: Sequence[tuple[str, str]]) -> Config:
    """The preset's settings with `overrides`, (`section.name`, text) pairs, applied in order.

    Raises UsageError for an unknown preset or setting, or a value that does not fit.
    """
    if preset not in PRESETS:
        raise UsageError(f"there is no preset {preset!r}", suggest(preset, PRESETS))
    settings = [(key, str(value)) for key, value in PRESETS[preset].items()]
    return override(Config(), [*settings, *overrides])


def override(config: Config, settings: Sequence[tuple[str, str]]) -> Config:
    """The configuration with these (`section.name`, text) pairs applied in order.

    Raises UsageError for an unknown setting, or a value that does not fit.
    """
    for key, text in settings:
        config = _with_setting(config, key, text)
    return config


def config_from_dict(stored: Mapping[str, Mapping[str, Any]]) -> Config:
    """The configuration that `training_settings` gave.

    Raises TypeError if its settings are not those of this version.
    """
    for section, kind in TRAINING_SECTIONS.items():
        if stored[section].keys() != {each.name for each in fields(kind)}:
            raise TypeError(f"the settings of {section} are not those of this version")
    sections = {name: kind(**stored[name]) for name, kind in TRAINING_SECTIONS.items()}
    return Config(**sections)


def _with_setting(config: Config, key: str, text: str) -> Config:
    known = [name for name, _, _ in all_settings()]
    if key not in known:
        raise UsageError(f"{key}={text}: there is no such setting", suggest(key, known))
    section, name = key.split(".")
    values = getattr(config, section)
    kind = get_type_hints(type(values))[name]
    try:
        value = SWITCH[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise UsageError(f"{key}={text} is not {WORDS[kind]}", f"use {WORDS[kind]}") from None
    try:
        return replace(config, **{section: replace(values, **{name: value})})
    except UsageError as error:
        raise UsageError(f"{section}.{error.problem}", error.remedy) from None

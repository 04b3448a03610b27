"""Presets: settings that differ from the defaults, by name."""

from collections.abc import Mapping
from typing import Any

EXTERNAL: Mapping[str, Any] = {"train.start_from": "points68", "train.lr": 3e-3}
"""A start from outside data: a network that knows faces needs smaller steps."""

TEN: Mapping[str, Any] = {"train.members": 10, "train.epochs": 150}
"""Ten networks, each without another fold of the faces, that are trained for three times as long as
that of `cpu`: on fold 0 this makes the error 3 % smaller, 100 epochs 2 % (results/README.md)."""

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # A test of the installation, which takes a minute.
    "smoke": {"train.epochs": 12, "train.batch_size": 32},
    # The default; it takes a quarter of an hour on two cores in bf16.
    "cpu": {},
    # Five to seven hours on two cores in bf16, minutes on a GPU.
    "best": TEN,
    "cpu_external": EXTERNAL,
    "best_external": {**EXTERNAL, **TEN},
    # The network for the keypoints of photographs. It is augmented nearly as much as the faces of
    # the detector are off: 98 % of the crops of 641 annotated pictures were rotated by -13 to 10
    # degrees, had 0.91 to 1.20 times the size, and were at most 11 pixels of 96 aside. The lower
    # resolution of every fifth face makes errors of faces of 20 pixels 11 to 13 % smaller.
    "photo": {
        "train.model": "gridnet",
        "chips.size": 112,
        "train.epochs": 220,
        # 5 % of the faces are enough for validation; the others are needed for training.
        "train.folds": 20,
        "train.loss": "l1",
        "augment.rotation": 15,
        "augment.scale": 0.15,
        "augment.shift": 0.1,
        "augment.shear": 0.03,
        "augment.perspective": 0.03,
        "augment.contrast": 0.35,
        "augment.brightness": 0.1,
        "augment.blur": 0.2,
        "augment.noise": 0.03,
        "augment.occlusion": 0.2,
        "augment.low_resolution": 0.2,
    },
    # The face detector of the package.
    "detector": {
        "train.model": "detector",
        "train.epochs": 60,
        "train.batch_size": 32,
        "train.lr": 3e-3,
        "augment.contrast": 0.5,
        "augment.brightness": 0.2,
        "augment.blur": 0.3,
        "augment.noise": 0.03,
        "augment.occlusion": 0,  # crops have covers of their own
    },
}

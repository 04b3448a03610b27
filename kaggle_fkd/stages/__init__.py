"""The stages: one module each, and this table. Its order is that of the pipeline."""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kaggle_fkd.stages.stage import Stage

STAGES: Mapping[str, str] = {
    "download": "Download",
    "eda": "Eda",
    "train": "Train",
    "evaluate": "Evaluate",
    "predict": "Predict",
    "blend": "Blend",
    "submit": "Submit",
    "report": "Report",
    "kernel": "Kernel",
    "export": "Export",
    "photo": "Photo",
    "inside": "Inside",
    "serve": "Serve",
    "page": "Page",
    "runs": "Runs",
    "settings": "Settings",
}
"""Every stage: the module of this folder, and its class."""
ALL = ("download", "eda", "train", "predict", "report")
"""What `all` stands for."""


def load_stage(name: str) -> "type[Stage]":
    """The class of a stage; importing it is quick, as stages import torch when they run."""
    module = importlib.import_module(f"{__name__}.{name}")
    kind: type[Stage] = getattr(module, STAGES[name])
    return kind

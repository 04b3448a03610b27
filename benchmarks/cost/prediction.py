"""How many faces a network predicts in a second, without and with test-time augmentation."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from benchmarks.cost.row import Row, seconds_of
from kaggle_fkd.config import PredictConfig, build_config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.networks import build_to_load
from kaggle_fkd.prediction.batches import head_index, images_on
from kaggle_fkd.prediction.tta import predict_with_tta
from kaggle_fkd.training.labels import network_shape

VIEWS = {"1 view": PredictConfig().without_tta(), "6 views": PredictConfig()}
PRECISIONS = ("fp32", "bf16")
REPEATS = 3


def prediction_costs(faces: FaceDataset, model: str) -> Iterator[Row]:
    """The rows of the section `prediction`, with a network whose weights are random."""
    device = torch.device("cpu")
    shape = network_shape(faces, build_config("cpu", [("train.model", model)]))
    network = build_to_load(model, shape).eval()
    images, heads = images_on(device, faces), head_index(device, faces, shape.heads)
    for name, config in VIEWS.items():
        for precision in PRECISIONS:
            predict = partial(
                predict_with_tta, network, images, heads, faces.scheme,
                replace(config, precision=precision),
            )  # fmt: skip
            predict()  # the first one is slower
            seconds = seconds_of(predict, REPEATS)
            yield Row(f"faces predicted by {model}, {name}", precision, len(faces) / seconds, "1/s")

"""What an epoch of a training costs, beside what the processor could do; and its parts."""

from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.cost.row import Row, seconds_of
from kaggle_fkd.config import build_config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.precision import TYPES
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.checkpoint import save_checkpoint
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.trainer import Trainer, seeded

CPU = torch.device("cpu")
PRECISIONS = ("fp32", "bf16")
REPEATS = 3
"""Every time is the median of so many; one more is not counted, because it is the first."""


def epoch_costs(faces: FaceDataset, model: str, batch: int, matrix: int) -> Iterator[Row]:
    """The rows of the section `epoch`.

    `matrix` is the width of the matrices whose product is the processor's peak.
    """
    with TemporaryDirectory() as folder:
        for precision in PRECISIONS:
            settings = {
                "train.model": model, "train.batch_size": batch, "train.precision": precision
            }  # fmt: skip
            run = new_run(Path(folder), faces, settings)
            objective = KeypointData(faces).objective(run.member(0), run.label_files, CPU)
            with seeded(0, CPU):
                yield from _costs_with(precision, run, objective, matrix)


def new_run(runs_dir: Path, faces: FaceDataset, settings: dict[str, object]) -> Run:
    """A run of `cpu` with these settings, of which nothing is trained yet."""
    config = build_config("cpu", [(key, str(value)) for key, value in settings.items()])
    data, shape = {"data_hash": "", "sample_faces": True}, KeypointData(faces).shape(config)
    return start_run(runs_dir, config, data, faces.scheme, shape, describe_device(CPU))


def _costs_with(
    precision: str, run: Run, objective: KeypointObjective, matrix: int
) -> Iterator[Row]:
    trainer = Trainer(run.shape, run.config.train, objective, 0, CPU)
    images = objective.faces.images[: run.config.train.batch_size].float()
    gigas = multiply_adds(trainer.network, images) / len(images) * objective.examples / 1e9
    yield Row("multiply-adds of an epoch", precision, gigas, "G")
    peak = matrix_product_rate(matrix, precision)
    yield Row(f"product of {matrix} x {matrix} matrices", precision, peak, "G a second")
    rate = convolution_rate(trainer.network, images, precision)
    yield Row("own convolutions, forward and backward", precision, rate, "G a second")

    trainer.run_epoch(0, _nothing)  # the first one is slower
    steps = seconds_of(partial(trainer.run_epoch, 1, _nothing), REPEATS)
    parts = {
        "data": seconds_of(lambda: _load(objective), REPEATS),
        "augmentation": seconds_of(lambda: _augment(objective), REPEATS),
        "validation": seconds_of(trainer.validate, REPEATS),
        "bookkeeping": seconds_of(lambda: _store(run, trainer), REPEATS),
    }
    parts["augmentation"] -= parts["data"]
    epoch = steps + parts["validation"] + parts["bookkeeping"]
    yield Row(f"epoch of {objective.examples} faces", precision, epoch, "s")
    yield Row("of it the gradient steps", precision, steps, "s")
    yield Row("gradient steps at the convolutions' rate", precision, gigas / rate, "s")
    yield Row("share of that in the epoch", precision, 100 * gigas / rate / epoch, "%")
    yield Row("share at the matrix product's rate", precision, 100 * gigas / peak / epoch, "%")
    for name, seconds in parts.items():
        yield Row(f"share of {name}", precision, 100 * seconds / epoch, "%")
    share = 100 * sum(parts.values()) / epoch
    yield Row(f"share of {', '.join(parts)} (target: below 10 %)", precision, share, "%")


def multiply_adds(network: nn.Module, images: Tensor) -> int:
    """Multiply-adds of convolutions and matrix products, forward and backward, for the images."""
    with FlopCounterMode(display=False) as counter:
        _forward_and_backward(network, images)
    return int(counter.get_total_flops() // 2)


def matrix_product_rate(width: int, precision: str) -> float:
    """1e9 multiply-adds a second in the product of two square matrices."""
    left, right = (torch.randn(width, width, dtype=TYPES[precision]) for _ in range(2))
    torch.mm(left, right)
    return width**3 / seconds_of(partial(torch.mm, left, right), REPEATS) / 1e9


def convolution_rate(network: nn.Module, images: Tensor, precision: str) -> float:
    """1e9 multiply-adds a second in the network's convolutions alone.

    Each is computed forward and backward, on random inputs of the sizes that it has in the network.
    """
    seconds, count = 0.0, 0
    for convolution, given in _convolutions(network, images):
        layer = deepcopy(convolution).to(TYPES[precision])
        inputs = torch.randn(given.shape).to(TYPES[precision], memory_format=torch.channels_last)
        inputs.requires_grad_(given.requires_grad)
        count += multiply_adds(layer, inputs)
        seconds += seconds_of(partial(_forward_and_backward, layer, inputs), REPEATS)
    return count / seconds / 1e9


def _forward_and_backward(network: nn.Module, inputs: Tensor) -> None:
    """Compute the outputs, and the gradients of weights and, if they need one, inputs."""
    outputs = network(inputs)
    outputs.backward(torch.ones_like(outputs))
    # They would be added to the next ones, which takes time.
    network.zero_grad()
    inputs.grad = None


def _convolutions(network: nn.Module, images: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """The convolutions of a network, and what each is given for the images."""
    seen: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        module.register_forward_hook(lambda layer, given, _: seen.append((layer, given[0])))
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    ]
    network(images)
    for hook in hooks:
        hook.remove()
    return seen


def _batches(objective: KeypointObjective) -> tuple[Tensor, ...]:
    order = torch.randperm(objective.examples)
    return tuple(order.split(objective.config.train.batch_size))


def _load(objective: KeypointObjective) -> None:
    """Pick the faces of every batch of an epoch."""
    for index in _batches(objective):
        _ = objective.faces.images[index].float(), objective.faces.keypoints[index]


def _augment(objective: KeypointObjective) -> None:
    """Pick and augment the faces of every batch of an epoch."""
    generator = torch.Generator().manual_seed(0)
    for index in _batches(objective):
        augment(
            objective.faces.images[index], objective.faces.keypoints[index], objective.scheme,
            objective.config.augment, generator, objective.margin,
        )  # fmt: skip


def _store(run: Run, trainer: Trainer) -> None:
    """What is written after an epoch."""
    run.member(0).folder.mkdir(exist_ok=True)
    save_checkpoint(run.member(0), trainer, [{"epoch": 1.0}] * run.config.train.epochs, [])


def _nothing() -> None:
    """What is done after a step."""

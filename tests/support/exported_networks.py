"""Runs whose networks are made up, not trained, and the files that are exported from them.

Its fixture reaches the tests through conftest.py.
"""

from pathlib import Path

import pytest
import torch
from support.made_once import made_once
from support.small_runs import new_run, quick
from torch import nn

from kaggle_fkd.config import Config
from kaggle_fkd.export.run_export import Exported, export_run
from kaggle_fkd.keypoints import KAGGLE15, KeypointScheme
from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.run import Run


def finished_run(
    runs_dir: Path, model: str = "lenet", scheme: KeypointScheme = KAGGLE15,
    networks: tuple[nn.Module, ...] = (), config: Config | None = None,
) -> Run:  # fmt: skip
    """A run of faces of 96 x 96 pixels, whose members are these networks, or a fresh one."""
    run = new_run(runs_dir, config or quick(model=model), scheme)
    names = [convention.name for convention in scheme.conventions]
    summary = {"validation_rmse": {"all": 1.0}, "conventions": names}
    for index, network in enumerate(networks or (fresh_network(model, run.shape),)):
        run.member(index).folder.mkdir()
        run.member(index).finish(network.state_dict(), summary)
    return run


def fresh_network(model: str, shape: NetworkShape) -> nn.Module:
    """One that was not trained, but knows a mean face: random places in the middle half."""
    network = build_network(model, shape)
    if model in NETWORKS:
        places = torch.rand(shape.total_heads, shape.keypoints, 2, generator=torch.Generator())
        network.set_mean_keypoints(24 + 48 * places)
    return network


def exported(folder: Path, model: str = "lenet", **options) -> Exported:
    """The file of a run that `finished_run` makes with these options."""
    run = finished_run(folder, model, **options)
    return export_run(run, folder / f"{model}.onnx")


@pytest.fixture(scope="session")
def lenet_file(tmp_path_factory) -> Path:
    """The file of a lenet that was not trained; an export takes two seconds."""
    with made_once(tmp_path_factory, "lenet") as (folder, to_make):
        if to_make:
            exported(folder)
    return folder / "lenet.onnx"

"""The files of the pretrained networks: read, packed again, rejected when they are damaged."""

import pytest
import torch
from safetensors.torch import load_file

from kaggle_fkd.errors import RunError
from kaggle_fkd.photo.pretrained import (
    DETECTOR,
    POINTS68,
    WEIGHTS,
    pack_network,
    read_pretrained,
)

MODELS = {DETECTOR: "detector", POINTS68: "gridnet_s"}


@pytest.mark.parametrize("name", MODELS)
def test_a_file_is_the_same_after_being_packed_again(tmp_path, name):
    read = read_pretrained(name)
    again = tmp_path / "again.safetensors"
    again.write_bytes(
        pack_network(MODELS[name], read.network, read.network.shape, read.conventions)
    )
    pretrained, packed = load_file(WEIGHTS / f"{name}.safetensors"), load_file(again)
    assert pretrained.keys() == packed.keys()
    assert all(torch.equal(pretrained[key], packed[key]) for key in pretrained)


def test_all_files_together_are_small():
    assert sum(file.stat().st_size for file in WEIGHTS.glob("*.safetensors")) <= 5_500_000


def test_a_damaged_file_of_weights_is_named(tmp_path):
    broken = tmp_path / f"{POINTS68}.safetensors"
    broken.write_bytes((WEIGHTS / broken.name).read_bytes()[:1000])
    with pytest.raises(RunError, match=r"points68\.safetensors"):
        read_pretrained(POINTS68, tmp_path)
    with pytest.raises(RunError, match=r"detector\.safetensors"):
        read_pretrained(DETECTOR, tmp_path)

"""The file of the pretrained networks: read, packed again, rejected when it is damaged."""

import pytest
import torch
from safetensors.torch import load_file

from kaggle_fkd.errors import RunError
from kaggle_fkd.photo.pretrained import PRETRAINED_FILE, pack_pretrained, read_pretrained


def test_the_pretrained_file_is_small_and_the_same_after_being_packed_again(tmp_path):
    assert PRETRAINED_FILE.stat().st_size <= 5_000_000
    again = tmp_path / "again.safetensors"
    again.write_bytes(pack_pretrained(read_pretrained()))
    pretrained, packed = load_file(PRETRAINED_FILE), load_file(again)
    assert pretrained.keys() == packed.keys()
    assert all(torch.equal(pretrained[name], packed[name]) for name in pretrained)


def test_a_damaged_file_of_weights_is_named(tmp_path):
    broken = tmp_path / "points68.safetensors"
    broken.write_bytes(PRETRAINED_FILE.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"points68\.safetensors"):
        read_pretrained(broken)
    with pytest.raises(RunError, match=r"missing\.safetensors"):
        read_pretrained(tmp_path / "missing.safetensors")

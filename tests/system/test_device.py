"""The device that a name stands for."""

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system.device import pick_device


def test_auto_chooses_a_gpu_if_one_is_available(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert pick_device("auto").type == "cuda"
    assert pick_device("cuda:1").index == 1


@pytest.mark.parametrize("name", ["gpu", "cuda:2", "cuda:x", "mps", ""])
def test_an_unavailable_device_is_rejected(monkeypatch, name):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(UsageError, match="not available here"):
        pick_device(name)

"""The device that a name stands for."""

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system.device import pick_device


def test_a_graphics_card_is_taken_where_there_is_one(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert pick_device("auto").type == "cuda"
    assert pick_device("cuda:1").index == 1


@pytest.mark.parametrize("name", ["gpu", "cuda:2", "cuda:x", "mps", ""])
def test_a_device_that_is_not_there_is_refused(monkeypatch, name):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(UsageError, match="not available here"):
        pick_device(name)

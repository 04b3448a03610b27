"""The device that a name stands for."""

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system.device import pick_device


@pytest.fixture
def two_gpus(monkeypatch):
    """Sets what torch says of two GPUs: what it is built for, and the capability of each."""

    def say(built_for, *capabilities):
        monkeypatch.setattr("torch.cuda.device_count", lambda: len(capabilities))
        monkeypatch.setattr("torch.cuda.get_arch_list", built_for.split)
        monkeypatch.setattr("torch.cuda.get_device_capability", lambda index: capabilities[index])
        monkeypatch.setattr("torch.cuda.get_device_name", lambda index: "Tesla P100")

    return say


def test_auto_chooses_a_gpu_if_one_is_available(two_gpus):
    two_gpus("sm_75 sm_90", (7, 5), (7, 5))
    assert pick_device("auto").type == "cuda"
    assert pick_device("cuda:1").index == 1


@pytest.mark.parametrize("name", ["gpu", "cuda:2", "cuda:x", "cpu:", "mps", ""])
def test_an_unavailable_device_is_rejected(monkeypatch, name):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(UsageError, match="not available here"):
        pick_device(name)


@pytest.mark.parametrize(
    ("built_for", "capability", "usable"),
    [
        ("sm_70 sm_75 sm_80", (6, 0), False),  # Kaggle's P100 with torch 2.10
        ("sm_50 sm_60 sm_70", (6, 0), True),
        ("sm_70 sm_75 sm_80", (7, 5), True),
        ("sm_80", (8, 6), True),  # of the same generation
        ("sm_80", (9, 0), False),
        ("sm_80 sm_90a", (9, 0), True),
        ("sm_80 compute_80", (9, 0), True),  # compiled when first used
        ("sm_75 sm_100 sm_120", (12, 0), True),
        ("gfx90a gfx942", (9, 0), True),  # ROCm
    ],
)
def test_a_gpu_without_code_for_it_is_refused_before_it_is_used(
    two_gpus, built_for, capability, usable
):
    two_gpus(built_for, capability, (6, 0))
    if usable:
        assert str(pick_device("cuda:0")) == "cuda:0"
    else:
        with pytest.raises(UsageError, match=r"Tesla P100 has compute capability.*T4 x2"):
            pick_device("cuda:0")

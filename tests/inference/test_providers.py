"""Devices in onnxruntime's words, and the number of threads."""

import onnxruntime
import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.inference.providers import (
    MOST_THREADS,
    execution_providers,
    thread_count,
    usable_device,
)

CPU = "CPUExecutionProvider"


def test_the_cpu_is_always_there():
    assert execution_providers("cpu") == [CPU]


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:x", "", "mps", "mps:0"])
def test_what_onnxruntime_cannot_use_is_refused(device):
    with pytest.raises(UsageError, match="is not available to onnxruntime here -> use auto or cpu"):
        execution_providers(device)


def test_a_gpu_is_chosen_where_there_is_one(monkeypatch):
    assert execution_providers("auto")[-1] == CPU
    available = ["CUDAExecutionProvider", CPU]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    assert execution_providers("auto") == execution_providers("cuda") == available
    assert execution_providers("cuda:1") == [("CUDAExecutionProvider", {"device_id": 1}), CPU]


def test_what_torch_can_use_and_onnxruntime_cannot_becomes_the_cpu(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    assert usable_device("cpu") == usable_device("cuda:0") == usable_device("mps") == "cpu"
    available = ["CUDAExecutionProvider", CPU]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    assert usable_device("cuda:0") == "cuda:0"


def test_threads_are_those_of_the_environment_or_a_few(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count() == 3
    for said in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", said)
        assert 1 <= thread_count() <= MOST_THREADS

"""Devices in onnxruntime's words, and the number of threads."""

from types import SimpleNamespace

import onnxruntime
import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.inference.providers import (
    MAX_THREADS,
    can_use_cuda,
    execution_providers,
    thread_count,
    usable_device,
)

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def test_the_cpu_is_always_there():
    assert execution_providers("cpu") == [CPU]


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:x", "", "mps", "mps:0"])
def test_what_onnxruntime_cannot_use_is_refused(device):
    with pytest.raises(UsageError, match="is not available to onnxruntime here -> use auto or cpu"):
        execution_providers(device)


@pytest.fixture
def built_for_cuda(monkeypatch):
    """Makes onnxruntime say that it was built for CUDA, which works or does not."""

    def build(works: bool):
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
        session = SimpleNamespace(get_providers=lambda: [CUDA, CPU] if works else [CPU])
        monkeypatch.setattr(onnxruntime, "InferenceSession", lambda *_, **__: session)
        can_use_cuda.cache_clear()

    yield build
    can_use_cuda.cache_clear()


def test_a_gpu_is_chosen_where_there_is_one(built_for_cuda):
    assert execution_providers("auto")[-1] == CPU
    built_for_cuda(works=True)
    assert execution_providers("auto") == execution_providers("cuda") == [CUDA, CPU]
    assert execution_providers("cuda:1") == [(CUDA, {"device_id": 1}), CPU]
    assert usable_device("auto") == "auto" and usable_device("cuda:0") == "cuda:0"


def test_without_a_driver_the_cpu_is_used_with_one_warning(built_for_cuda, capfd):
    built_for_cuda(works=False)
    assert execution_providers("auto") == execution_providers("auto") == [CPU]
    assert usable_device("cuda:0") == "cpu"
    assert capfd.readouterr().err.count("onnxruntime was built for CUDA") == 1


def test_what_torch_can_use_and_onnxruntime_cannot_becomes_the_cpu(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    assert usable_device("cpu") == usable_device("cuda:0") == usable_device("mps") == "cpu"


def test_threads_are_those_of_the_environment_or_a_few(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count() == 3
    for said in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", said)
        assert 1 <= thread_count() <= MAX_THREADS

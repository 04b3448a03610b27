"""The numbers that a device computes with."""

import pytest
import torch

from kaggle_fkd.config import PRECISIONS
from kaggle_fkd.system.precision import TYPES, precision_on

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("capability", "name"), [((9, 0), "bf16"), ((8, 0), "bf16"), ((7, 5), "fp16"), ((6, 0), "fp32")]
)
def test_auto_is_what_the_tensor_cores_of_a_gpu_compute_with(monkeypatch, capability, name):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert precision_on(CUDA, "auto").name == name
    assert precision_on(CUDA, "fp32").name == "fp32"


@pytest.mark.parametrize("has", [True, False])
def test_auto_is_bf16_if_the_processor_has_instructions_for_it(monkeypatch, has):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: has, raising=False)
    precision = precision_on(CPU, "auto")
    assert precision.name == ("bf16" if has else "fp32")
    assert ("avx512_bf16" in precision.reason) == has


def test_every_setting_is_known():
    assert {*TYPES, "auto"} == {*PRECISIONS}

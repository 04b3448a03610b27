"""`Trainer`: what its state holds."""

import pytest
import torch
from support.made_up_faces import make_faces
from support.small_runs import new_run, new_trainer, quick

from kaggle_fkd.training.trainer import seeded

CPU = torch.device("cpu")
WITHOUT_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="without a CUDA device")


@pytest.mark.parametrize("name", ["cpu", pytest.param("cuda", marks=WITHOUT_CUDA)])
def test_a_restored_state_continues_dropout_and_augmentation(tmp_path, name):
    device, config, faces = torch.device(name), quick(model="naimishnet"), make_faces(8)
    with seeded(0, device):
        trainer = new_trainer(new_run(tmp_path, config).member(0), faces, device)
        trainer.network.train()
        state = trainer.state()

        def next_draws():
            return trainer.network(trainer.objective.faces.images), torch.rand(
                3, generator=trainer.generator
            )

        first, second = next_draws(), next_draws()
        trainer.load_state(state)
        again = next_draws()
    assert not torch.equal(first[0], second[0])
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])


@pytest.mark.parametrize("name", ["cpu", pytest.param("cuda", marks=WITHOUT_CUDA)])
def test_a_seeded_training_leaves_the_random_numbers_of_the_caller_alone(name):
    device = torch.device(name)
    torch.manual_seed(1)
    expected = torch.rand(3, device=device)
    torch.manual_seed(1)
    with seeded(7, device):
        torch.rand(100, device=device)
    assert torch.equal(torch.rand(3, device=device), expected)


def test_a_training_does_not_seed_the_generators_of_other_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: pytest.fail("seeded all GPUs"))
    with seeded(7, CPU):
        first = torch.rand(3)
    with seeded(7, CPU):
        assert torch.equal(torch.rand(3), first)


def trained(tmp_path, name, **settings):
    """Weights and training score after one epoch."""
    config = quick(model="gridnet_xs", **settings)
    with seeded(0, CPU):
        trainer = new_trainer(new_run(tmp_path / name, config).member(0), make_faces(4), CPU)
        return trainer.run_epoch(0, lambda: None), trainer


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_with_16_bits_weights_stay_fp32_and_a_training_repeats_itself(tmp_path, precision):
    exact, _ = trained(tmp_path, "a", precision="fp32")
    score, trainer = trained(tmp_path, "b", precision=precision)
    again, other = trained(tmp_path, "c", precision=precision)
    assert trainer.precision.name == precision
    assert score != exact and abs(score / exact - 1) < 0.05
    assert score == again
    for name, tensor in trainer.weights().items():
        assert tensor.dtype not in (torch.bfloat16, torch.float16)
        assert torch.equal(tensor, other.weights()[name])


def test_a_training_keeps_its_precision_on_another_device(tmp_path):
    _, trainer = trained(tmp_path, "a", precision="fp16")
    _, other = trained(tmp_path, "b", precision="bf16")
    state = trainer.state()
    other.load_state(state)
    assert other.precision.name == "fp16"
    assert other.scaler.state_dict() == state["scaler"] != {}
    assert other.run_epoch(1, lambda: None) == trainer.run_epoch(1, lambda: None)
    assert other.validate() == trainer.validate() != trainer.objective.validate(trainer.network)


def test_a_training_continues_on_another_kind_of_device(tmp_path):
    _, trainer = trained(tmp_path, "a", precision="fp32")
    _, other = trained(tmp_path, "b", precision="fp32")
    of_a_gpu = {"device": "cuda", "dropout": torch.zeros(16, dtype=torch.uint8)}
    other.load_state(trainer.state() | of_a_gpu)
    for name, tensor in trainer.weights().items():
        assert torch.equal(tensor, other.weights()[name])

"""Members of a run: their folders, seeds and weights, and what can be wrong with these."""

import os
import re
import sys

import pytest
import torch
from support.small_runs import CPU, new_run, quick

from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.networks import build_network
from kaggle_fkd.runs.member import digest_of
from kaggle_fkd.runs.run import open_run


@pytest.fixture
def member(tmp_path):
    """The first member of a run, with untrained weights and a result."""
    member = new_run(tmp_path).member(0)
    member.folder.mkdir()
    weights = build_network(member.config.train.model, member.shape).state_dict()
    member.finish(weights, {"validation_rmse": {"all": 3.0}})
    return member


def test_members_have_folds_seeds_and_folders_of_their_own(tmp_path):
    run = new_run(tmp_path, quick(folds=3, seed=5))
    members = [run.member(index) for index in range(4)]
    assert [member.fold for member in members] == [0, 1, 2, 0]
    assert [member.seed for member in members] == [5, 6, 7, 8]
    assert len({member.folder for member in members}) == 4


def test_a_loaded_network_has_the_weights_that_were_stored(member):
    network = member.load_network(CPU)
    assert not network.training
    again = member.load_network(CPU).state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, again[name]), name


def test_loading_a_network_leaves_the_callers_random_numbers_as_they_were(member):
    torch.manual_seed(99)
    before = torch.get_rng_state()
    member.load_network(CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_finished_member_keeps_no_state_to_resume(tmp_path):
    member = new_run(tmp_path).member(0)
    member.folder.mkdir()
    member.state_file.write_bytes(b"state")
    assert not member.finished and member.summary == {}
    weights = build_network("lenet", member.shape).state_dict()
    member.finish(weights, {"validation_rmse": {"all": 3.0}})
    assert member.finished and not member.state_file.exists()
    assert member.summary["validation_rmse"] == {"all": 3.0} and member.summary["finished"]


def test_damaged_weights_are_named(member):
    member.weights_file.write_bytes(member.weights_file.read_bytes()[:100])
    with pytest.raises(RunError, match=r"weights\.safetensors: these are not the weights"):
        member.load_network(CPU)
    member.weights_file.unlink()
    assert not member.finished


def test_weights_of_another_network_are_named(member, tmp_path):
    other = new_run(tmp_path, quick(model="cnn")).member(0)
    other.folder.mkdir()
    other.weights_file.write_bytes(member.weights_file.read_bytes())
    with pytest.raises(RunError, match="these are not the weights of this network") as caught:
        other.load_network(CPU)
    assert f"delete {other.folder}" in caught.value.remedy


def test_weights_that_cannot_be_read_are_not_called_damaged(member):
    """A missing permission, say; a folder of that name cannot be read by anybody."""
    member.weights_file.unlink()
    member.weights_file.mkdir()
    with pytest.raises(RunError, match="cannot be read") as caught:
        member.load_network(CPU)
    assert str(member.weights_file) in caught.value.problem
    assert "not the weights" not in caught.value.problem
    assert "permissions" in caught.value.remedy and "delete" not in caught.value.remedy


def test_a_member_is_locked_for_one_process_at_a_time(member):
    again = open_run(member.run_folder).member(0)
    with member.locked(), pytest.raises(RunError, match="another process"), again.locked():
        pass
    with again.locked():  # afterwards it is free
        pass


def test_the_epochs_of_a_member_are_a_table_and_a_missing_one_is_named(member, crossed_run):
    assert crossed_run.member(1).read_metrics()["epoch"].tolist() == [1, 2]
    for _ in range(2):
        with pytest.raises(RunError, match=r"metrics\.csv: cannot be read"):
            member.read_metrics()
        if not member.metrics_file.exists():
            os.mkfifo(member.metrics_file)  # which would be waited for
    good = crossed_run.member(1).metrics_file.read_text()
    member.metrics_file.unlink()
    for damage in (
        good.replace("1,", '"torch",', 1),
        good.replace("\n1,", "\n-inf,", 1),
        good.replace("\n2,", "\n1e300,", 1),
        good.replace("\n2,", f"\n{10**400},", 1),
        good.replace("val_rmse", "val_rms"),
        good.splitlines()[0],
        re.sub(r"[0-9.]+,([0-9.]+)$", r"-1,\1", good, count=1, flags=re.MULTILINE),
    ):
        assert damage != good
        member.metrics_file.write_text(damage)
        with pytest.raises(RunError, match=r"metrics\.csv: cannot be read"):
            member.read_metrics()


def test_weights_with_a_changed_byte_are_not_used(member):
    content = bytearray(member.weights_file.read_bytes())
    content[-1] ^= 1  # of a number
    member.weights_file.write_bytes(content)
    with pytest.raises(RunError, match=r"weights\.safetensors: these are not the weights"):
        member.load_network(CPU)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_run_may_be_in_a_folder_whose_name_is_not_text(tmp_path):
    member = new_run(tmp_path / "a\udcff").member(0)
    member.folder.mkdir()
    weights = build_network(member.config.train.model, member.shape).state_dict()
    member.finish(weights, {"validation_rmse": {"all": 3.0}})
    assert not member.load_network(CPU).training


def test_weights_that_cannot_be_read_have_no_digest(member):
    member.weights_file.unlink()
    member.weights_file.mkdir()
    with pytest.raises(RunError, match=r"weights\.safetensors: cannot be read"):
        digest_of([member])


@pytest.mark.parametrize(
    "scores", ['"good"', "[1]", "{}", '{"A": 1}', '{"all": "1"}', '{"all": NaN}', '{"all": true}',
               '{"all": 1, "A": null}', '{"all": 1' + "0" * 400 + "}"],
)  # fmt: skip
def test_a_member_whose_scores_cannot_be_read_is_not_finished(member, scores):
    assert member.finished
    member.summary_file.write_text(f'{{"validation_rmse": {scores}}}')
    assert not member.finished and member.validation == {}


def test_a_lock_that_cannot_be_written_is_named(member):
    lock = member.folder / ".lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with pytest.raises(FkdError, match=r"cannot write .*\.lock"), member.locked():
        pass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaggle_fkd.config import PRESETS, Config, TrainConfig, build_config, config_from_dict
from kaggle_fkd.errors import UsageError


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_possible_and_survives_storage(preset):
    config = build_config(preset, [])
    stored = config_from_dict(config.training_settings())
    assert (stored.train, stored.augment) == (config.train, config.augment)


def test_settings_override_the_preset_and_later_ones_earlier_ones():
    settings = [("train.epochs", "7"), ("augment.flip", "0.25"), ("train.epochs", "9")]
    config = build_config("smoke", settings)
    assert config.train.epochs == 9
    assert config.augment.flip == 0.25
    assert config.train.batch_size == PRESETS["smoke"]["train.batch_size"]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("train.epoch", "3", "no such setting"),
        ("epochs", "3", "no such setting"),
        ("train", "3", "no such setting"),
        ("train.epochs", "many", "not a whole number"),
        ("train.epochs", "2.5", "not a whole number"),
        ("train.epochs", "0", "impossible"),
        ("train.epochs", "-1", "impossible"),
        ("train.batch_size", "0", "impossible"),
        ("train.lr", "nan", "impossible"),
        ("train.lr", "inf", "impossible"),
        ("train.lr", "0", "impossible"),
        ("train.folds", "1", "impossible"),
        ("train.labels", "guessed", "choose one of masked, imputed, complete"),
        ("train.loss", "l3", "choose one of"),
        ("augment.flip", "1.5", "impossible"),
        ("augment.shift", "-0.1", "impossible"),
        ("eda.hidden_share", "0.9", "impossible"),
        ("augment.rotation", "1e300", "impossible"),
        ("train.seed", "5000000000", "impossible"),
        ("train.batch_size", "99999999999999999999", "impossible"),
        ("eda.neighbours", "0", "impossible"),
        ("train.members", "0", "impossible"),
        ("train.ema", "1", "impossible"),
        ("train.ema", "-0.1", "impossible"),
        ("train.warmup", "1.1", "impossible"),
        ("train.finish", "-0.1", "impossible"),
        ("train.weight_decay", "-1", "impossible"),
        ("train.heads", "two", "choose one of convention, one"),
        ("train.suspects", "burn", "choose one of drop, weight"),
        ("augment.perspective", "0.5", "impossible"),
        ("augment.elastic", "0.1", "impossible"),
        ("augment.blur", "2", "impossible"),
        ("augment.noise", "nan", "impossible"),
        ("augment.occlusion", "-1", "impossible"),
        ("predict.scale", "0.6", "impossible"),
        ("predict.scale", "-0.1", "impossible"),
        ("predict.flip", "maybe", "not true or false"),
        ("predict.flip", "", "not true or false"),
    ],
)
def test_an_impossible_setting_is_refused_with_its_name(key, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        build_config("cpu", [(key, text)])
    assert key in str(caught.value)


def test_an_unknown_preset_is_refused():
    with pytest.raises(UsageError, match="--preset huge"):
        build_config("huge", [])


def test_the_default_is_the_cpu_preset():
    assert build_config("cpu", []) == Config()


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("FALSE", False), ("0", False)],
)
def test_a_switch_is_on_or_off(text, value):
    assert build_config("cpu", [("predict.flip", text)]).predict.flip is value


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    config = TrainConfig(lr=0.01, warmup=0.2)
    assert config.lr_at(0) == 0
    assert config.lr_at(0.1) == pytest.approx(0.005)
    assert config.lr_at(0.2) == pytest.approx(0.01)
    assert config.lr_at(0.6) == pytest.approx(0.005)  # half the cosine
    assert config.lr_at(0.999) < 1e-6
    assert TrainConfig(lr=0.01, warmup=0).lr_at(0) == 0.01


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_learning_rate_has_a_single_peak(warmup, one, other):
    config = TrainConfig(lr=0.01, warmup=warmup)
    earlier, later = sorted((one, other))
    rates = config.lr_at(earlier), config.lr_at(later)
    assert all(0 <= rate <= 0.01 * (1 + 1e-9) for rate in rates)
    if later < warmup:
        assert rates[0] <= rates[1]
    if earlier >= warmup:
        assert rates[0] >= rates[1] - 1e-12


@given(finish=st.floats(0, 1), done=st.floats(0, 1, exclude_max=True))
def test_the_training_finishes_with_the_squared_error(finish, done):
    loss = TrainConfig(loss="l1", finish=finish).loss_at(done)
    assert loss == ("mse" if done >= 1 - finish else "l1")


def test_more_members_of_the_same_networks_are_the_same_training():
    config = build_config("cpu", [])
    assert config.same_training_as(build_config("cpu", [("train.members", "5")]))
    assert config.same_training_as(build_config("cpu", [("predict.flip", "false")]))
    for key, value in (("train.seed", "1"), ("train.folds", "5"), ("augment.elastic", "0.01")):
        assert not config.same_training_as(build_config("cpu", [(key, value)]))

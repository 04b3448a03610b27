import pytest

from kaggle_fkd.config import PRESETS, Config, build_config, config_from_dict
from kaggle_fkd.errors import UsageError


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_possible_and_survives_storage(preset):
    config = build_config(preset, [])
    stored = config_from_dict(config.of_training())
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

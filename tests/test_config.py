import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaggle_fkd.config import Config, TrainConfig, all_settings, build_config, config_from_dict
from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks import NETWORKS
from kaggle_fkd.presets import PRESETS


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
        ("train.epochs", "0", "out of range"),
        ("train.epochs", "-1", "out of range"),
        ("train.batch_size", "0", "out of range"),
        ("train.lr", "nan", "out of range"),
        ("train.lr", "inf", "out of range"),
        ("train.lr", "0", "out of range"),
        ("train.folds", "1", "out of range"),
        ("train.labels", "guessed", "choose one of masked, imputed, complete"),
        ("train.loss", "l3", "choose one of"),
        ("augment.flip", "1.5", "out of range"),
        ("augment.shift", "-0.1", "out of range"),
        ("eda.hidden_share", "0.9", "out of range"),
        ("augment.rotation", "1e300", "out of range"),
        ("train.seed", "5000000000", "out of range"),
        ("train.batch_size", "99999999999999999999", "out of range"),
        ("eda.neighbours", "0", "out of range"),
        ("train.members", "0", "out of range"),
        ("train.warmup", "1.1", "out of range"),
        ("train.weight_decay", "-1", "out of range"),
        ("train.heads", "two", "choose one of convention, shared"),
        ("train.suspect_policy", "burn", "choose one of drop, weight"),
        ("augment.perspective", "0.5", "out of range"),
        ("augment.blur", "2", "out of range"),
        ("augment.noise", "nan", "out of range"),
        ("augment.occlusion", "-1", "out of range"),
        ("predict.tta_scale", "0.6", "out of range"),
        ("predict.tta_scale", "-0.1", "out of range"),
        ("predict.tta_flip", "maybe", "not true or false"),
        ("predict.tta_flip", "", "not true or false"),
    ],
)
def test_an_impossible_setting_is_rejected_with_its_name(key, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        build_config("cpu", [(key, text)])
    assert key in str(caught.value)


def test_an_unknown_preset_is_rejected():
    with pytest.raises(UsageError, match="there is no preset 'huge'"):
        build_config("huge", [])


@pytest.mark.parametrize(
    ("preset", "key", "text", "meant"),
    [
        ("cpu", "train.epoch", "3", "did you mean train.epochs?"),
        ("cpu", "predict.flip", "false", "did you mean predict.tta_flip?"),
        ("cpu", "augment.rotaton", "3", "did you mean augment.rotation?"),
        ("cpu", "train.loss", "smooth", "did you mean smooth_l1?"),
        ("smok", "train.epochs", "3", "did you mean smoke?"),
        ("phto", "train.epochs", "3", "did you mean photo?"),
    ],
)
def test_a_misspelt_name_is_answered_with_what_was_probably_meant(preset, key, text, meant):
    with pytest.raises(UsageError) as caught:
        build_config(preset, [(key, text)])
    assert meant in caught.value.remedy


def test_a_value_out_of_range_is_answered_with_the_range():
    with pytest.raises(UsageError) as caught:
        build_config("cpu", [("train.epochs", "0")])
    expected = "train.epochs=0 is out of range -> use a number from 1 to 1000000"
    assert str(caught.value) == expected


def test_a_value_out_of_range_is_rejected_by_the_sections_themselves():
    with pytest.raises(UsageError, match="folds=1 is out of range"):
        TrainConfig(folds=1)
    with pytest.raises(UsageError, match="labels=guessed is unknown"):
        TrainConfig(labels="guessed")


def test_every_setting_has_a_meaning_that_is_a_sentence():
    config = Config()
    listed = {name: (default, meaning) for name, default, meaning in all_settings()}
    assert list(listed) == [
        f"{section.name}.{each.name}"
        for section in fields(config)
        for each in fields(getattr(config, section.name))
    ]
    for name, (default, meaning) in listed.items():
        section, field = name.split(".")
        assert default == getattr(getattr(config, section), field)
        assert meaning.endswith(".") and len(meaning.split()) >= 4, f"{name}: {meaning}"
        assert "  " not in meaning and meaning == meaning.strip(), f"{name}: {meaning}"
    meanings = [meaning for _, meaning in listed.values()]
    assert len(set(meanings)) == len(meanings)


def test_the_default_is_the_cpu_preset():
    assert build_config("cpu", []) == Config()


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), ("1", True), ("false", False), ("FALSE", False), ("0", False)],
)
def test_a_switch_is_on_or_off(text, value):
    assert build_config("cpu", [("predict.tta_flip", text)]).predict.tta_flip is value


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


def test_the_meaning_of_train_model_names_every_network():
    meaning = next(meaning for name, _, meaning in all_settings() if name == "train.model")
    assert set(NETWORKS) <= set(re.findall(r"\w+", meaning))


def test_more_members_of_the_same_networks_are_the_same_training():
    config = build_config("cpu", [])
    assert config.same_training_as(build_config("cpu", [("train.members", "5")]))
    assert config.same_training_as(build_config("cpu", [("predict.tta_flip", "false")]))
    for key, value in (("train.seed", "1"), ("train.folds", "5"), ("augment.shear", "0.01")):
        assert not config.same_training_as(build_config("cpu", [(key, value)]))


@pytest.mark.parametrize("name", ["audit", "label_fixes"])
def test_the_same_file_at_another_path_is_the_same_training(name):
    def audited(path, policy="drop"):
        settings = [(f"train.{name}", path), ("train.suspect_policy", policy)]
        return build_config("cpu", settings)

    assert audited("runs/a/audit.csv").same_training_as(audited("/elsewhere/audit.csv"))
    assert not audited("audit.csv").same_training_as(audited(""))
    assert not audited("").same_training_as(audited("audit.csv"))
    assert not audited("audit.csv").same_training_as(audited("audit.csv", "weight"))


@pytest.mark.parametrize("section", ["train", "augment"])
def test_stored_settings_of_another_version_are_not_read(section):
    stored = Config().training_settings()
    for changed in ({**stored[section], "ema": 0.99}, dict(list(stored[section].items())[1:])):
        with pytest.raises(TypeError, match=section):
            config_from_dict({**stored, section: changed})

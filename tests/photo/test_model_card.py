"""The model card of the package's networks, whose head model hubs read."""

import re

from kaggle_fkd.inference.pretrained import DETECTOR, POINTS68, WEIGHTS
from kaggle_fkd.system.files import sha256_of


def test_the_head_of_the_model_card_names_task_licence_and_library():
    card = (WEIGHTS / "MODEL_CARD.md").read_text()
    head, text = re.fullmatch(r"---\n(.*?)\n---\n(.*)", card, re.DOTALL).groups()
    entries = dict(line.split(": ", 1) for line in head.splitlines())
    assert entries["license"] == "other" and (WEIGHTS / entries["license_link"]).is_file()
    assert entries["pipeline_tag"] == "keypoint-detection" and entries["library_name"] == "onnx"
    for network in (DETECTOR, POINTS68):
        assert f"# {network.name}" in text and network.name in (WEIGHTS / "NOTICE").read_text()


def test_the_model_card_has_the_digests_of_the_weights_in_the_package():
    card = (WEIGHTS / "MODEL_CARD.md").read_text()
    sections = dict(re.findall(r"^# (\S+\.onnx)$(.*?)(?=^# )", card, re.MULTILINE | re.DOTALL))
    stated = {name: re.findall(r"sha256 `(\w+)`", text) for name, text in sections.items()}
    assert stated == {path.name: [sha256_of(path)] for path in WEIGHTS.glob("*.onnx")}

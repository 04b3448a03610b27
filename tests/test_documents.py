"""The documents: their examples run as they stand, and their links lead somewhere."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.command_line import real_data
from support.documents import (
    DOCUMENTS,
    ROOT,
    arguments_of,
    blocks,
    commands,
    read,
    run_command,
)

from kaggle_fkd.arguments import HelpRequest, parse
from kaggle_fkd.keypoints import read_scheme
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.photo.overlay.filter import load_filter
from kaggle_fkd.stages import STAGES, load_stage

MAX_WORDS = 1400
PLACEHOLDER = re.compile(r"RUN|/|\.(jpg|mp4|csv)\b|--yes|\b68\b")
"""In an example of the help: a file of the reader's, Kaggle's server, or Udacity's."""
WITH_EXAMPLES = ("README.md", "docs/command_line.md", "docs/library.md")
SHOWN = {
    line.partition("#")[0].strip()
    for document in WITH_EXAMPLES
    for block in blocks(document, "sh")
    for line in block.text.splitlines()
}
"""The command lines that run as examples of the documents."""
EXAMPLES = [
    f"kaggle-fkd {example}"
    for name in STAGES
    for example in load_stage(name).examples
    if not PLACEHOLDER.search(example) and f"kaggle-fkd {example}" not in SHOWN
]
"""The other examples of the help that run without anything of the reader's."""


@pytest.fixture
def empty_folder(tmp_path, monkeypatch, small_default_sample, shortly_analysed) -> Path:
    """An empty current folder, in which a small sample competition is drawn and analysed."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def run_examples(document: str) -> list[str]:
    """Run all blocks of a document in their order; the stdout of each command."""
    names: dict = {}
    printed = []
    for block in blocks(document, "sh", "console", "python"):
        if block.language == "python":
            code = "\n" * (block.line - 1) + block.text  # so that errors name the right line
            exec(compile(code, document, "exec"), names)
        else:
            printed += [run_command(line) for line in block.text.splitlines()]
    return printed


@pytest.mark.slow
def test_the_examples_of_the_readme_run(empty_folder):
    *_, runs = run_examples("README.md")
    assert "lenet" in runs
    (record,) = json.loads((empty_folder / "faces.json").read_text())
    assert len(record["faces"][0]["keypoints"]) == 68
    assert (empty_folder / "submission.csv").stat().st_size > 1000
    assert len(list(empty_folder.glob("submissions/sample-*.csv"))) == 1
    assert list(empty_folder.glob("runs/photo/astronaut_*.png"))
    assert list(empty_folder.glob("runs/inside/astronaut_*.png"))


@pytest.mark.slow
def test_the_examples_of_the_command_line_run(empty_folder, sample_dir):
    real_data(sample_dir, empty_folder / "data")
    *_, printed, _ = run_examples("docs/command_line.md")
    (record,) = json.loads(printed)
    assert len(record["faces"]) == 1


@pytest.mark.slow
def test_the_examples_of_the_library_run(empty_folder, capsys):
    run_examples("docs/library.md")
    assert "missing.jpg" in capsys.readouterr().out  # the error that the last one shows
    assert list(empty_folder.iterdir()) == []  # they work in a temporary folder


@pytest.mark.slow
def test_the_examples_of_the_help_run(empty_folder, sample_dir):
    real_data(sample_dir, empty_folder / "data")
    for example in EXAMPLES:
        run_command(example)
    assert len(list(empty_folder.glob("submissions/*.csv"))) == 2  # with and without tta_scale


def test_no_other_document_has_examples_that_would_have_to_run():
    with_examples = {str(path) for path in DOCUMENTS if blocks(path, "sh", "console", "python")}
    assert with_examples == set(WITH_EXAMPLES)
    assert not [path for path in DOCUMENTS if blocks(path, "")], "a block without a language"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_command_line_in_a_document_is_understood(document):
    for command in commands(document):
        if "STAGE" not in command:
            stages = parse(arguments_of(command)[0], "kaggle-fkd")
            assert not isinstance(stages, HelpRequest), command


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_local_link_of_a_document_leads_somewhere(document):
    for target in re.findall(r"\]\(\s*([^)\s]+)\s*\)", read(document)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}


def test_the_readme_is_short():
    assert len(read("README.md").split()) <= MAX_WORDS


def test_the_targets_of_make_that_are_documented_exist():
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    named = {name for path in DOCUMENTS for name in re.findall(r"(?m)[`^]make (\w+)", read(path))}
    in_blocks = "".join(block.text for path in DOCUMENTS for block in blocks(path, "text", "sh"))
    named |= set(re.findall(r"^make (\w+)", in_blocks, re.MULTILINE))
    assert named and named <= targets


def test_the_scheme_in_the_documents_is_one(tmp_path):
    (block,) = blocks("docs/data.md", "toml")
    (tmp_path / "five.toml").write_text(block.text)
    scheme = read_scheme(tmp_path / "five.toml")
    assert scheme.name == "five" and len(scheme.names) == 5 and len(scheme.contours) == 1


def test_the_anchors_of_a_filter_in_the_documents_are_read(tmp_path):
    (block,) = blocks("docs/photographs.md", "json")
    Image.fromarray(np.full((160, 520, 4), 255, np.uint8)).save(tmp_path / "beard.png")
    (tmp_path / "beard.json").write_text(block.text)
    assert len(load_filter(tmp_path / "beard.png").art) == 160


def test_the_network_in_the_documents_predicts_keypoints():
    (code,) = [b.text for b in blocks("docs/networks.md", "text") if "class SmallNet" in b.text]
    names: dict = {}
    exec(compile(code, "docs/networks.md", "exec"), names)
    network = names["SmallNet"](NetworkShape(96, 80, keypoints=15, heads=2))
    assert network(torch.rand(3, 96, 80) * 255).shape == (3, 2, 15, 3)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_no_figure_of_a_document_is_still_missing(document):
    assert not re.search(r"\bTBD|\bTODO|\bFIXME|\bXX+\b", read(document))


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_the_licences_are_listed_for_the_pinned_versions(file):
    rows = re.findall(r"^\| (\S+) \| ([^\s+]+)\S* \| .+ \|$", read("docs/licences.md"), re.M)
    pinned = set(re.findall(r"^([\w-]+)==(\S+)", read(file), re.M))
    assert pinned and pinned <= set(rows), "make licences writes the list"
    assert "| not stated |" not in read("docs/licences.md")


def test_the_tests_that_the_promises_name_exist():
    named = set(re.findall(r"`(test_\w+)`", read("docs/reliability.md")))
    files = (ROOT / "tests").rglob("test_*.py")
    defined = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
    assert named and not named - defined

"""The arguments: every example of the help is understood, and the help itself is quick."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kaggle_fkd.arguments import HelpRequest, overview, parse
from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages import ALL, STAGES, load_stage
from kaggle_fkd.stages.stage import name_of_stage

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = [(name, example) for name in STAGES for example in load_stage(name).examples]
OVERVIEW_EXAMPLES = [
    line.strip().removeprefix("fkd ")
    for line in overview("fkd").partition("examples:")[2].splitlines()
    if line.startswith("    fkd ")
]


def stages_of(example: str) -> list[str]:
    """The stages that an example asks for; the file that its output goes to is left out."""
    stages = parse(shlex.split(example.partition(">")[0]), "kaggle-fkd")
    assert not isinstance(stages, HelpRequest)
    return [name_of_stage(type(stage)) for stage in stages]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_of_a_stage_asks_for_that_stage(name, example):
    assert stages_of(example) == [name]


def test_every_stage_has_examples_and_its_help_shows_them():
    assert {name for name, _ in EXAMPLES} == set(STAGES)
    for name in STAGES:
        answer = parse([name, "--help"], "kaggle-fkd")
        assert isinstance(answer, HelpRequest) and not answer.problem
        for example in load_stage(name).examples:
            assert f"\n  kaggle-fkd {example}\n" in f"{answer.text}\n"


@pytest.mark.parametrize("example", OVERVIEW_EXAMPLES)
def test_an_example_of_the_overview_is_understood(example):
    assert stages_of(example)


def test_all_is_its_four_stages_and_only_with_it_sample_faces_are_drawn():
    assert stages_of("all") == stages_of("--stage predict,all,train") == list(ALL)
    for arguments, may in (
        (["all"], True),
        (["--stage", "all,submit"], True),
        (["download"], False),
    ):
        assert parse(arguments, "kaggle-fkd")[0].may_use_sample == may


def test_what_surrounds_the_name_of_a_stage_is_in_no_message():
    for stage in (["photo\r"], ["--stage", " photo\n"]):
        with pytest.raises(UsageError) as caught:
            parse([*stage, "--line-width", "wide"], "kaggle-fkd")
        shown = " ".join(["kaggle-fkd", *stage[:-1], "photo", "--help"])
        assert caught.value.remedy == f"see {shown}"


def test_only_flags_without_a_value_stand_before_the_name_of_a_stage():
    (stage,) = parse(["--quiet", "train", "--runs-dir", "runs"], "kaggle-fkd")
    assert name_of_stage(type(stage)) == "train" and stage.runs_dir == Path("runs")
    with pytest.raises(UsageError, match="no stage was given"):
        parse(["--runs-dir", "runs", "train"], "kaggle-fkd")


@pytest.mark.parametrize(
    "line",
    ["submit a.csv --submission b.csv", "photo a.jpg --input b.jpg", "blend a b --blend c d",
     "export RUN_A --run RUN_B"],
)  # fmt: skip
def test_inputs_are_given_after_the_stage_or_by_their_option(line):
    option = next(each for each in line.split() if each.startswith("--"))
    with pytest.raises(UsageError, match=f"values were given both by {option} and without it"):
        parse(line.split(), "kaggle-fkd")


def test_a_repeated_option_adds_to_its_values():
    line = "photo --input a.jpg b.jpg --input c.jpg --run A --run B"
    (stage,) = parse(line.split(), "kaggle-fkd")
    assert stage.inputs == ("a.jpg", "b.jpg", "c.jpg") and stage.runs == ("A", "B")


def test_behind_two_dashes_a_name_is_no_option():
    (stage,) = parse(["photo", "--json", "a.jpg", "--", "-b.jpg", "c.jpg"], "kaggle-fkd")
    assert stage.inputs == ("a.jpg", "./-b.jpg", "c.jpg") and stage.json


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["photo", ""], "the path is empty"),
        (["photo", "--input", " "], "the path is empty"),
        (["photo", "a.jpg", "--output", ""], "the path is empty"),
        (["train", "--data-dir", ""], "the path is empty"),
        (["export", "--output", "."], r"\. is a folder, not a file"),
        (["page", "--output", "/"], "/ is a folder, not a file"),
        (["--stage", "photo,page", "--output", "out"], "not mean the same to photo and page"),
    ],
)
def test_paths_without_a_meaning_are_refused(line, said):
    with pytest.raises(UsageError, match=said):
        parse(line, "kaggle-fkd")


def test_the_help_of_several_stages_has_a_line_for_each():
    answer = parse(["all", "--help"], "kaggle-fkd")
    assert isinstance(answer, HelpRequest)
    for name in ALL:
        assert f"  {name:<10} {load_stage(name).summary}\n" in answer.text


HEAVY = {
    "torch", "numpy", "pandas", "PIL", "matplotlib", "scipy", "sklearn", "skimage", "cv2",
    "kaggle", "requests",
}  # fmt: skip


def call_and_list_imports(*arguments):
    """What a call in a new process said on stderr and stdout; an error for the modules of HEAVY
    that it imported, on the last line of stderr."""
    code = (
        "import sys; from kaggle_fkd.cli import main; "
        f"sys.exit(main(sys.argv[1:]) or 'imported: %s' % sorted({HEAVY} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )
    *said, imported = answer.stderr.splitlines()
    assert imported.startswith("imported: "), answer.stderr
    return answer.stdout, said, imported


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["photo", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    out, said, imported = call_and_list_imports(*arguments)
    assert "usage:" in out and said == [] and imported == "imported: []"


@pytest.mark.slow
def test_a_download_waits_neither_for_torch_nor_for_figures(sample_dir):
    _, said, imported = call_and_list_imports("download", "--data-dir", sample_dir)
    assert "already present" in said[0]
    assert "numpy" in imported and not re.search("torch|matplotlib|sklearn", imported)

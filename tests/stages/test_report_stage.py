"""The report stage on the command line."""

import json
import shutil
from pathlib import Path

import pytest
from support.command_line import Place, last_line
from support.html_pages import ParsedPage, require_sound
from support.report_pages import NASTY

from kaggle_fkd.cli import main
from kaggle_fkd.competition.kaggle.submission_log import COLUMNS
from kaggle_fkd.runs.find import runs_in

pytestmark = pytest.mark.slow

SECTIONS = [
    "Summary", "The data", "Imputation", "Training", "Scores by keypoint", "Errors", "Worst faces",
    "Suspicious labels", "Test predictions", "All runs", "Submissions", "Settings and versions",
]  # fmt: skip
EVALUATED = {"Errors", "Worst faces", "Suspicious labels"}
MAX_BYTES = 5_000_000


@pytest.fixture(scope="module")
def reported_root(tmp_path_factory, finished, evaluated_root) -> Path:
    """The folders after all stages that a report is made of, with an evaluated run of two folds."""
    root = tmp_path_factory.mktemp("reported")
    shutil.copytree(finished.root, root, dirs_exist_ok=True)
    shutil.rmtree(runs_in(root / "runs")[0].folder)
    shutil.copytree(evaluated_root / "runs", root / "runs", dirs_exist_ok=True)
    folders = ["--data-dir", "data", "--runs-dir", "runs", "--submissions-dir", "subs"]
    folders[1::2] = [str(root / folder) for folder in folders[1::2]]
    assert main(["--stage", "predict,report", *folders]) == 0
    return root


@pytest.fixture
def reported(reported_root, tmp_path, capfd) -> Place:
    shutil.copytree(reported_root, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, capfd)


def report_of(place: Place, name: str | None = None) -> str:
    """The text of the report's file, of that run or of the only one."""
    (path,) = place.runs.glob(f"{name or '*'}/report.html")
    return path.read_text(encoding="utf-8")


def forget(place: Place, *patterns: str) -> None:
    """Remove what stages have written, so that a report takes less time."""
    for pattern in patterns:
        for folder in place.runs.glob(pattern):
            shutil.rmtree(folder)


def titles(page: ParsedPage) -> list[str]:
    """The titles of the sections, as the navigation lists them."""
    linked = [link["href"].removeprefix("#") for link in page.all("a")][1:]
    shown = [each["id"] for each in page.all("h2")]
    assert linked == shown
    return [title for title in SECTIONS if title in page.texts]


def test_a_report_has_every_section_and_needs_no_network(reported):
    text = report_of(reported)
    page = ParsedPage(text)
    require_sound(page)
    assert titles(page) == SECTIONS and len(page.all("h2")) == len(SECTIONS)
    assert len(text) < MAX_BYTES and "https://" not in text
    (run,) = runs_in(reported.runs)
    (record,) = reported.runs.glob("evaluation-*/evaluation.json")
    evaluation = json.loads(record.read_text())
    assert f"{evaluation['oof_rmse']['all']['rmse']:.3f} px" in page.text
    assert f"suspects {evaluation['suspected_faces']} face" in page.text
    assert run.name in page.text and "train.model" in page.text
    for name in ("missing", "label-patterns", "imputation-scores", "curve-0", "curve-1",
                 "scores-by-keypoint", "error-map", "expected-errors"):  # fmt: skip
        assert name in page.ids
    assert page.text.count("To add") == 1 and "To add Kaggle's scores of a submission" in page.text
    assert "sample faces" not in page.text


def test_what_no_stage_has_made_is_left_out_with_the_command_that_makes_it(done):
    (run,) = runs_in(done.runs)
    page = ParsedPage(report_of(done))  # as `all` left it, without an evaluation
    assert titles(page) == [each for each in SECTIONS if each not in EVALUATED]
    assert "kaggle-fkd evaluate --data-dir" in page.text and f"--run {run.name}" in page.text
    assert "Validation scores" in page.text and "left eye inner corner" in page.text
    assert "kaggle-fkd submit" in page.text and "sample faces" not in page.text
    forget(done, "eda-*")
    shutil.rmtree(done.submissions)
    code, out, err = done("report")
    assert code == 0 and out == "" and str(run.folder / "report.html") in err
    page = ParsedPage(report_of(done))
    require_sound(page)
    assert titles(page) == [each for each in SECTIONS if each not in {*EVALUATED, "Imputation"}]
    for stage in ("eda", "evaluate", "predict", "submit"):
        assert f"kaggle-fkd {stage} --data-dir {done.data}" in page.text
    assert f"--run {run.name}" in page.text


def test_names_and_messages_of_users_are_never_code_and_several_runs_have_a_report_each(reported):
    (run,) = runs_in(reported.runs)
    odd = "<script>alert(1)<" + "&amp;"
    shutil.copytree(run.folder, reported.runs / odd)
    forget(reported, "eda-*", "evaluation-*")
    reported.data = reported.data.rename(reported.data.with_name("a & <b>"))
    row = {"time": NASTY, "file": "/home/me/secret/mine.csv", "run": odd, "message": NASTY}
    row |= {"status": "complete", "public": "2.50000", "private": "2.25000"}
    cells = ['"' + row.get(column, "").replace('"', '""') + '"' for column in COLUMNS]
    (reported.submissions / "log.csv").write_text(f"{','.join(COLUMNS)}\n{','.join(cells)}\n")
    code, _, err = reported("report", "--run", f"{odd},{run.name}")
    assert code == 0 and err.count("report: ") == 2
    text = (reported.runs / odd / "report.html").read_text()
    page = ParsedPage(text)
    require_sound(page)
    assert text.count("<script") == 1 and NASTY in page.text and odd in page.text
    assert "a & <b>" in page.text
    assert "mine.csv" in page.text and "/home/me" not in text
    assert "Kaggle, private 2.250 px public 2.500 px" in page.text
    assert "Kaggle, private" not in ParsedPage(report_of(reported, run.name)).text


@pytest.mark.parametrize(
    ("name", "content"),
    [("scores.csv", "convention,keypoint\nall,all\n"), ("evaluation.json", "{}"), ("oof.csv", "")],
)
def test_a_damaged_evaluation_is_named_in_one_line(reported, name, content):
    (file,) = reported.runs.glob(f"evaluation-*/{name}")
    before = report_of(reported)
    file.write_text(content)
    code, _, err = reported("report")
    assert code == 1 and f"{file.parent}: a file of the evaluation is missing, or was" in err
    assert report_of(reported) == before


def test_an_evaluation_from_before_a_network_was_trained_is_left_out(reported):
    """The networks of the run are no longer those that the evaluation is of."""
    (run,) = runs_in(reported.runs)
    (record,) = reported.runs.glob("evaluation-*/evaluation.json")
    score = f"{json.loads(record.read_text())['oof_rmse']['all']['rmse']:.3f} px"
    shutil.copytree(run.member(0).folder, run.member(len(run.members)).folder)
    forget(reported, "eda-*")
    code, _, err = reported("report")
    page = ParsedPage(report_of(reported))
    assert code == 0, err
    assert not EVALUATED & set(titles(page)) and score not in page.text
    assert f"kaggle-fkd evaluate --data-dir {reported.data}" in page.text


def test_a_run_of_other_faces_has_no_report_on_these(reported, sample_dir):
    shutil.rmtree(reported.data)
    shutil.copytree(sample_dir, reported.data)
    code, _, err = reported("report")
    assert code == 1 and "trained on a different data set" in err


def test_without_a_trained_run_the_remedy_is_the_training(real):
    code, _, err = real("report")
    assert code == 1 and "there is no trained run" in err and "train" in err


def test_a_report_that_fails_leaves_the_submission_on_stdout(done):
    (report,) = done.runs.glob("*/report.html")
    report.unlink()
    report.mkdir()
    forget(done, "eda-*")
    code, out, err = done("--stage", "predict,report")
    assert code == 1 and last_line(out).suffix == ".csv" and last_line(out).exists()
    assert err.count("error:") == 1 and f"cannot write {report}" in err

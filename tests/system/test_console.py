"""Messages on stderr, and a logger that a program which imports the package can configure."""

import io
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.system.console import (
    NOTICE,
    announce,
    banner,
    interrupts_kept_from_children,
    log,
    print_result,
    progress,
    run_reporting_errors,
    set_up,
)

ROOT = Path(__file__).resolve().parents[2]
NASTY = "a\nerror: forged\r\x1b[2J\x07\x9b31m\udcff\u2028.jpg"
"""A file name that forges a message, clears the screen and is not UTF-8."""
HARMLESS = r"a\nerror: forged\r\x1b[2J\x07\x9b31m\udcff\u2028.jpg"


def lines_of(capfd) -> list[str]:
    out, err = capfd.readouterr()
    assert out == ""
    return err.splitlines()


INTERRUPTED = """
import sys
from kaggle_fkd.system.console import log, run_reporting_errors, set_up

def interrupt(event, arguments):
    if event == "import" and arguments[0] == "multiprocessing.synchronize":
        raise KeyboardInterrupt

set_up(quiet=False)
sys.addaudithook(interrupt)
sys.exit(run_reporting_errors(lambda: log.info("first")))
"""


@pytest.mark.slow
def test_the_first_message_makes_nothing_that_an_interruption_would_break():
    answer = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True
    )
    assert (answer.returncode, answer.stderr) == (0, "first\n")


@pytest.mark.slow
def test_importing_the_package_changes_nothing_about_logging():
    code = """
import logging, sys
import kaggle_fkd.cli, kaggle_fkd.pipeline, kaggle_fkd.photo.finder, kaggle_fkd.system.console
stderr = sys.stderr
for logger in (logging.getLogger(), logging.getLogger("kaggle_fkd")):
    assert logger.handlers == [], logger
log = logging.getLogger("kaggle_fkd")
assert log.propagate and log.level == logging.NOTSET and sys.stderr is stderr
assert logging.getLevelName(35) == "Level 35"
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 0 and answer.stderr == "", answer.stderr


def test_each_level_is_told_by_its_prefix(capfd):
    log.info("reading")
    log.warning("few faces")
    log.error("no faces")
    announce("10 faces", "are there")
    assert lines_of(capfd) == [
        "reading", "warning: few faces", "error: no faces", "10 faces", "are there",
    ]  # fmt: skip


def test_quiet_mode_hides_progress_alone(capfd):
    set_up(quiet=True)
    log.info("reading")
    log.warning("few faces")
    announce("10 faces")
    assert lines_of(capfd) == ["warning: few faces", "10 faces"]


def test_setting_up_again_does_not_repeat_lines(capfd):
    set_up(quiet=False)
    set_up(quiet=False)
    log.info("reading")
    assert lines_of(capfd) == ["reading"]


def test_a_notice_is_not_an_error_for_whoever_listens():
    heard: list[int] = []
    listener = logging.Handler()
    listener.emit = lambda record: heard.append(record.levelno)
    log.addHandler(listener)
    announce("one", "two")
    assert heard == [NOTICE, NOTICE]
    assert logging.WARNING < NOTICE < logging.ERROR


def test_a_banner_frames_its_lines(capfd):
    banner("SAMPLE FACES", "100 % drawn")
    _, top, first, second, bottom, _ = lines_of(capfd)
    assert top == bottom == "*" * len(first) == "*" * len(second)
    assert first == "* SAMPLE FACES *" and second == "* 100 % drawn  *"


@pytest.mark.parametrize("write", [log.info, log.warning, log.error, announce, banner])
def test_control_characters_are_escaped_in_whatever_is_logged(capfd, write):
    write(NASTY)
    text = "\n".join(lines_of(capfd))
    assert HARMLESS in text
    assert text.replace("\n", "").isprintable()
    assert not any(line.startswith("error: forged") for line in text.splitlines())


def test_control_characters_are_escaped_in_arguments_and_errors(capfd):
    def fail() -> None:
        raise FkdError(f"{NASTY}: not a picture", f"delete {NASTY}")

    log.info("%s", Path(NASTY))
    assert run_reporting_errors(fail) == 1
    info, error = lines_of(capfd)
    assert info == HARMLESS
    assert error.isprintable() and error.startswith("error: a") and error.endswith(HARMLESS)


def test_letters_of_every_script_are_left_alone(capfd):
    log.info("Grüße, naïve café, Ελλάδα, 日本, \N{GRINNING FACE}, C:\\new")
    assert lines_of(capfd) == ["Grüße, naïve café, Ελλάδα, 日本, \N{GRINNING FACE}, C:\\new"]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (FkdError("a is missing", "make it"), 1, "error: a is missing -> make it"),
        (UsageError("a is wrong", "change it"), 2, "error: a is wrong -> change it"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_fails_is_one_line_and_an_exit_code(capfd, error, code, line):
    def fail() -> None:
        raise error

    assert run_reporting_errors(fail) == code
    assert lines_of(capfd) == [line]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "data/a.csv"), "data/a.csv: Permission denied"),
        (OSError(36, "File name too long", "aaa"), "aaa: File name too long"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError(), "out of memory"),
    ],
)
def test_what_the_system_refuses_is_not_called_unexpected(capfd, error, said):
    set_up(quiet=True)

    def fail():
        raise error

    assert run_reporting_errors(fail) == 1
    (line,) = lines_of(capfd)
    assert line.startswith(f"error: {said} -> ") and "report" not in line


def test_a_path_that_stdout_cannot_spell_is_written_as_it_is_on_the_disk(monkeypatch):
    for encoding, path in (("latin-1", "\u0142.csv"), ("utf-8", "\udcff.csv")):
        stdout = io.TextIOWrapper(io.BytesIO(), encoding)
        monkeypatch.setattr(sys, "stdout", stdout)
        print_result(path)
        assert stdout.buffer.getvalue() == os.fsencode(path + "\n")


def test_work_that_ends_well_says_nothing(capfd):
    assert run_reporting_errors(lambda: None) == 0
    assert lines_of(capfd) == []


def test_an_unexpected_error_leaves_its_traceback_in_a_file(capfd, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_reporting_errors(lambda: [].pop()) == 1
    (line,) = lines_of(capfd)
    (file,) = tmp_path.iterdir()
    assert line.startswith("error: unexpected IndexError: pop from empty list -> please report it")
    assert str(file) in line and "Traceback" in file.read_text(encoding="utf-8")


def test_an_unexpected_error_is_reported_without_a_place_for_its_traceback(capfd, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.tempdir", "/no/such/folder")
        assert run_reporting_errors(lambda: [].pop()) == 1
    (line,) = lines_of(capfd)
    assert line == "error: unexpected IndexError: pop from empty list -> please report it"


def test_progress_is_hidden_outside_a_terminal(capfd, monkeypatch):
    assert list(progress([1, 2], "work")) == [1, 2]
    assert lines_of(capfd) == []
    monkeypatch.setattr("sys.stderr", None)
    assert list(progress([1, 2], "work")) == [1, 2]


@pytest.mark.slow
def test_a_ctrl_c_while_a_process_starts_is_not_lost_and_does_not_reach_it():
    sleeper = [sys.executable, "-c", "import time; print('started', flush=True); time.sleep(60)"]
    child = None
    with pytest.raises(KeyboardInterrupt), interrupts_kept_from_children():
        child = subprocess.Popen(sleeper, stdout=subprocess.PIPE)
        os.kill(os.getpid(), signal.SIGINT)
    assert child is not None and child.stdout is not None
    with child:
        assert child.stdout.readline() == b"started\n"
        child.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.3)
        child.kill()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)"])
def test_sigterm_is_an_interruption_even_where_ctrl_c_is_ignored(how):
    """As in a script that started the program with `&`."""
    code = f"""
import os, signal, sys
from kaggle_fkd.system.console import interrupts_held, run_reporting_errors, set_up
{how}
set_up(quiet=False)
def work():
    try:
        with interrupts_held():
            os.kill(os.getpid(), signal.SIGTERM)
        print("not interrupted")
    finally:
        print("tidied up")
sys.exit(run_reporting_errors(work))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (answer.returncode, answer.stdout) == (130, "tidied up\n"), answer
    assert answer.stderr == "interrupted\n"


@pytest.mark.slow
def test_an_interruption_in_a_callback_whose_exceptions_python_ignores_is_not_lost():
    code = """
import os, signal, sys, time, weakref
from kaggle_fkd.system.console import run_reporting_errors, set_up
set_up(quiet=False)
class Watched: pass
def work():
    watched = Watched()
    reference = weakref.ref(watched, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    del watched
    time.sleep(60)
sys.exit(run_reporting_errors(work))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (answer.returncode, answer.stderr) == (130, "interrupted\n"), answer


def test_a_traceback_file_holds_no_secret(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail() -> None:
        raise LookupError("the token abcdef")

    set_up(quiet=False)
    assert run_reporting_errors(fail, lambda text: text.replace("abcdef", "***")) == 1
    (file,) = tmp_path.glob("kaggle_fkd-*.log")
    assert "the token ***" in file.read_text() and "the token ***" in capsys.readouterr().err
    assert "abcdef" not in file.read_text()

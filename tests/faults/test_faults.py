"""Calls that are killed, run out of space or permissions, and are repeated: a minute's worth.

docs/reliability.md has the command for more of them, with every stage.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

import pytest
from faults.fault import DENIAL, FULL_DISK, KILL, Fault
from faults.scenario import ALL, PHOTOGRAPHS
from faults.trial import Ended, complaints, differences

RUN = Path(__file__).with_name("run.py")
QUICK = ("photographs", "video", "table", "page")
TRIALS = ("--kills", "4", "--full-disks", "4", "--denials", "2", "--scenarios", *QUICK)


def run(out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, RUN, *TRIALS, "--out", out], capture_output=True, text=True, check=False
    )


def may_mount() -> bool:
    if not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none"]
    return not subprocess.run([*command, "/mnt"], capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_disturbed_call_that_is_repeated_leaves_what_an_undisturbed_one_leaves(tmp_path):
    if not may_mount():
        pytest.skip("this system does not let its users mount a disk to fill")
    done = run(tmp_path)
    table = (tmp_path / "trials.csv").read_text()
    assert done.returncode == 0 and len(table.splitlines()) == 11, done.stderr + table
    again = run(tmp_path)  # continues after the last trial
    assert again.returncode == 0 and again.stdout == done.stdout and again.stderr == ""
    assert (tmp_path / "trials.csv").read_text() == table


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["different: a"]),
        ({"a": "1"}, {}, ["missing: a"]),
        ({}, {".a.fkd-1a2b3c4d": "1"}, ["left over: .a.fkd-1a2b3c4d"]),
        ({}, {"a-2.csv": "1"}, ["left over: a-2.csv"]),
    ],
)
def test_whatever_differs_is_found(expected, found, difference):
    assert differences(expected, found) == difference


@pytest.mark.parametrize(
    ("code", "said", "fault", "right"),
    [
        (-SIGKILL, "", Fault(KILL), True),
        (1, "", Fault(FULL_DISK), False),
        (1, "error: cannot write a: No space left on device\n", Fault(FULL_DISK), True),
        (1, "error: cannot write a: No space left on device\n", Fault(DENIAL), False),
        (1, "error: a\nerror: b\n", None, False),
        (1, "error: unexpected ValueError: a\n", None, False),
        (1, "Traceback (most recent call last):\n", Fault(KILL), False),
        (0, "", None, True),
    ],
)
def test_a_call_is_blamed_for_whatever_is_not_one_line_with_the_reason(code, said, fault, right):
    assert (complaints(Ended(code, said, 1, 1.0), fault, ALL) == []) == right


def test_each_input_may_have_an_error():
    said = "error: a: No space left on device\nerror: 1 of 3 inputs failed\n"
    assert complaints(Ended(1, said, 1, 1.0), Fault(FULL_DISK), PHOTOGRAPHS) == []

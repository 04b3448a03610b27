"""`Trials`: calls that are disturbed, repeated, and compared with undisturbed ones."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

from faults.fault import CUT, DENIAL, FULL_DISK, KILL, REMOVAL, Fault, allow_again, strike
from faults.scenario import ROOT, Scenario

from kaggle_fkd.photo.video.frames import open_video

TWINS = "two at once"
"""A kind of trial: after a kill, two calls at the same time continue."""
KILLED = (130, -SIGKILL, -SIGTERM, -SIGINT)
"""The exit codes of a call that was interrupted or killed."""
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""What makes root obey permissions."""
SPARE = (0, 0, 4096, 20_000, 100_000)
"""Bytes that may stay free on a full disk."""
PATIENCE_S = 300
"""A call that takes so long does not end."""


@dataclass(frozen=True)
class Ended:
    """How a call ended."""

    code: int
    """Its exit code; minus the number of the signal that killed it."""
    said: str
    """Its stderr."""
    operations: int
    """How many changes of files it made."""
    seconds: float
    """From the first of them to its end."""
    struck: bool = False
    """Whether it lasted until its fault."""


@dataclass(frozen=True)
class Reference:
    """An undisturbed call."""

    start: Path
    """The folder before it."""
    files: dict[str, str]
    """What `files_in` says of the folder after it."""
    operations: int
    """As in `Ended`."""
    seconds: float
    """As in `Ended`."""
    order: tuple[int, ...]
    """Its changes of files, from 1, in the order in which they are disturbed."""


@dataclass(frozen=True)
class Outcome:
    """A trial."""

    fault: Fault
    """What happened."""
    struck: bool
    """Whether it happened: a call may end before."""
    code: int
    """The exit code of the disturbed call."""
    problems: tuple[str, ...]
    """What was not as promised."""


class Trials:
    """Trials in one folder, on a disk of its own if it is to be filled."""

    def __init__(self, folder: Path, disk: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.place, self.ledger = disk / "place", folder / "ledger"
        self.references: dict[str, Reference] = {}

    def reference(self, scenario: Scenario) -> Reference:
        """The undisturbed call, which is made when it is first needed."""
        if scenario.name not in self.references:
            start = self.folder / f"before-{scenario.name}"
            shutil.rmtree(start, ignore_errors=True)
            if scenario.after:
                self.reference(scenario.after)
                shutil.copytree(self.folder / f"after-{scenario.after.name}", start)
            elif scenario.inputs:
                start.mkdir(parents=True)
                scenario.inputs(start)
            self._reset(start)
            ended = self._call(scenario)
            if ended.code:
                raise RuntimeError(
                    f"{scenario.name}: undisturbed, it ends with {ended.code}: {ended.said}"
                )
            after = self.folder / f"after-{scenario.name}"
            shutil.rmtree(after, ignore_errors=True)
            shutil.copytree(self.place, after)
            order = list(range(1, ended.operations + 1))
            random.Random(f"{self.seed} {scenario.name}").shuffle(order)
            self.references[scenario.name] = Reference(
                start, files_in(self.place), ended.operations, ended.seconds, tuple(order)
            )
        return self.references[scenario.name]

    def fault(self, scenario: Scenario, kind: str, number: int) -> Fault:
        """The fault of the n-th trial of that kind with the scenario, counted from 0."""
        reference = self.reference(scenario)
        chance = random.Random(f"{self.seed} {scenario.name} {kind} {number}")
        # Every second kill is at a random moment, in the middle of writing, too.
        timed = kind == KILL and number % 2 == 1
        turn = number // 2 if kind == KILL else number
        fault = Fault(
            KILL if kind == TWINS else kind,
            operation=0 if timed else reference.order[turn % len(reference.order)],
            moment=chance.uniform(0, reference.seconds) if timed else None,
            everyone=chance.random() < 0.7 or not scenario.one_may_die,
        )
        if kind == KILL:
            return replace(fault, signal=chance.choice((SIGKILL, SIGKILL, SIGTERM, SIGINT)))
        if kind == FULL_DISK:
            return replace(fault, spare=chance.choice(SPARE))
        if kind in (REMOVAL, CUT):
            found = [path for each in scenario.targets for path in reference.start.glob(each)]
            target = chance.choice(sorted(found)).relative_to(reference.start)
            return replace(fault, target=target.as_posix())
        return fault

    def run(self, scenario: Scenario, kind: str, number: int) -> Outcome:
        """The n-th trial of that kind."""
        reference, fault = self.reference(scenario), self.fault(scenario, kind, number)
        self._reset(reference.start)
        ended = self._call(scenario, fault)
        problems = [f"disturbed: {each}" for each in complaints(ended, fault, scenario)]
        allow_again(self.place)
        if fault.target:
            shutil.copy2(reference.start / fault.target, self.place / fault.target)
        begun = any(self.place.glob("runs/*/run.json"))
        if kind == TWINS and (begun or not scenario.trains):
            problems += self._two_at_once(scenario)
        again = self._call(scenario)
        if again.code:
            problems.append(f"repeated: exit code {again.code}: {again.said.strip()[-300:]}")
        problems += differences(reference.files, files_in(self.place), numbered=kind == TWINS)
        return Outcome(fault, ended.struck, ended.code, tuple(problems))

    def _two_at_once(self, scenario: Scenario) -> list[str]:
        """What is wrong with two calls at the same time."""
        calls = [_Call(scenario, self.place, self.ledger / name) for name in ("one", "other")]
        return [
            f"{call.ledger.name} of two: {complaint}"
            for call in calls
            for complaint in complaints(call.end(), None, scenario)
        ]

    def _call(self, scenario: Scenario, fault: Fault | None = None) -> Ended:
        return _Call(scenario, self.place, self.ledger / "alone", fault).end()

    def _reset(self, start: Path) -> None:
        """Make the folder of the calls what it is before each."""
        self.place.parent.mkdir(parents=True, exist_ok=True)
        if self.place.exists():
            allow_again(self.place)
            shutil.rmtree(self.place)
        shutil.copytree(start, self.place)


class _Call:
    """A call of the program, which works already."""

    def __init__(
        self, scenario: Scenario, place: Path, ledger: Path, fault: Fault | None = None
    ) -> None:
        self.place, self.ledger, self.fault = place, ledger, fault
        home = ledger.parent / "home"  # kept: matplotlib's list of fonts takes seconds
        shutil.rmtree(ledger, ignore_errors=True)
        for folder in (ledger / "tmp", home):
            folder.mkdir(parents=True, exist_ok=True)
        paths = (ROOT / "tests" / "faults" / "hook", ROOT, ROOT / "tests")
        kept = {name: text for name, text in os.environ.items() if not name.startswith("KAGGLE_")}
        environment = kept | {
            "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1",
            "HOME": str(home), "TMPDIR": str(ledger / "tmp"),
            "FAULTS_PLACE": str(place), "FAULTS_LEDGER": str(ledger),
        }  # fmt: skip
        if fault is not None:
            environment["FAULTS_FAULT"] = json.dumps(asdict(fault))
        deny = fault is not None and fault.kind == DENIAL and os.geteuid() == 0
        self.process = subprocess.Popen(
            [*(WITHOUT_PRIVILEGES if deny else ()), *scenario.command], cwd=place, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace", start_new_session=True,
        )  # fmt: skip
        self.first: float | None = None
        self.killed = False
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def end(self) -> Ended:
        """Wait until all its processes have ended."""
        try:
            _, said = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            strike(Fault(KILL), self.place, self._processes())
            _, said = self.process.communicate()
            said += f"\nerror: unexpected: it does not end within {PATIENCE_S} s"
        self.watcher.join()  # or it might kill the next call, which has the same ledger
        seconds = 0.0 if self.first is None else time.monotonic() - self.first
        operations = self._operations()
        struck = self.killed or (self.fault is not None and 0 < self.fault.operation <= operations)
        return Ended(self.process.returncode, said, operations, seconds, struck)

    def _watch(self) -> None:
        """Note when it changes its first file, and kill it some time later, if that is wanted."""
        while self.process.poll() is None and not self._operations():
            time.sleep(0.01)
        self.first = time.monotonic()
        if self.fault is not None and self.fault.moment is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.fault.moment)
                return
            processes = self._processes()
            victims = processes if self.fault.everyone else processes[-1:]
            strike(self.fault, self.place, victims)
            self.killed = bool(victims)

    def _operations(self) -> int:
        file = self.ledger / "operations"
        return file.stat().st_size if file.exists() else 0

    def _processes(self) -> list[int]:
        file = self.ledger / "processes"
        started = [int(line) for line in file.read_text().split()] if file.exists() else []
        return [each for each in started if Path(f"/proc/{each}").exists()]


def complaints(ended: Ended, fault: Fault | None, scenario: Scenario) -> list[str]:
    """What a call says or does that it should not, whether or not a fault has struck it."""
    if scenario.says_more:
        return []
    errors = [line for line in ended.said.splitlines() if line.startswith("error: ")]
    found = []
    if "Traceback" in ended.said or any("unexpected" in line for line in errors):
        start = max(0, ended.said.find("Traceback") - 200)
        found.append(f"not one line: {ended.said[start : start + 1500]}")
    if len(errors) > scenario.most_errors:
        found.append(f"{len(errors)} errors: {errors}")
    killed = fault is not None and fault.kind == KILL
    if ended.code and not errors and not (killed and ended.code in KILLED):
        found.append(f"exit code {ended.code} without an error: {ended.said.strip()[-300:]}")
    wanted = word_for(fault) if fault is not None else ""
    if errors and wanted not in ended.said:
        found.append(f"{wanted} is not named: {errors}")
    return found


def word_for(fault: Fault) -> str:
    """What must be named if the fault causes an error, in it or in a warning before it."""
    reasons = {FULL_DISK: "No space left on device", DENIAL: "Permission denied"}
    return reasons.get(fault.kind, Path(fault.target).name)


def files_in(folder: Path) -> dict[str, str]:
    """What is in each file and folder in a folder, by its path."""
    paths = sorted(folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): content_of(path) for path in paths}


def content_of(path: Path) -> str:
    """The sha256 of a file, and the frames of a video.

    The encoder x264 reads memory that was not written (in its macroblock tree), so that videos of
    the same frames differ by a few grey levels.
    """
    if path.is_dir():
        return "a folder"
    if path.suffix == ".mp4":
        return str([(frame.picture.shape, frame.time) for frame in open_video(path).frames()])
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(
    expected: dict[str, str], found: dict[str, str], numbered: bool = False
) -> list[str]:
    """How one folder differs from another; `numbered` files, such as a-2.csv, may be more."""
    missing = [f"missing: {path}" for path in expected.keys() - found.keys()]
    more = [path for path in found.keys() - expected.keys()
            if not (numbered and Path(path).stem.endswith("-2"))]  # fmt: skip
    other = [f"different: {path}" for path in expected.keys() & found.keys()
             if expected[path] != found[path]]  # fmt: skip
    return sorted([*missing, *(f"left over: {path}" for path in more), *other])

"""`kaggle-fkd serve` in a process of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Served(NamedTuple):
    """A server that listens."""

    address: str
    """Of its page, with a slash at the end; of a label review, if there is one."""
    process: "subprocess.Popen[str]"


@contextmanager
def served(*options: object) -> Iterator[Served]:
    """A server on a free port, with these options; at the end of the block, Ctrl-C ends it."""
    command = [sys.executable, "-m", "kaggle_fkd", "serve", "--port", "0", "--no-browser"]
    command += map(str, options)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            lines = iter(process.stderr.readline, "")
            address = next(filter(None, (re.match(r"http://\S+", line) for line in lines)))
            yield Served(address[0], process)
        finally:
            process.send_signal(signal.SIGINT)

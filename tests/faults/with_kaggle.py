"""Become a call of the program, beside a stand-in for Kaggle that ends with it.

    PYTHONPATH=.:tests python tests/faults/with_kaggle.py submit --yes

The stand-in offers `kaggle.zip` of the working directory. If a submission arrives that is not in
the log, it writes `not-logged`.
"""

import os
import sys
import threading
import time
from pathlib import Path

from support.kaggle_server import KaggleServer, listening, way_to

from kaggle_fkd.competition.kaggle.submission_log import LOG, SENDING

PROGRAM = Path(__file__).resolve().parents[2] / "run_pipeline.py"
HERE = Path.cwd()


def main() -> None:
    """Serve in a process of its own, which is not counted among those of the call."""
    state = KaggleServer(hooks={"CreateSubmission": require_log})
    if (bundle := HERE / "kaggle.zip").exists():
        state.bundle = bundle.read_bytes()
    server = listening(state)
    program = os.getpid()
    if os.fork():
        environment = os.environ | way_to(state.port)
        environment |= {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": "secret"}
        os.execve(sys.executable, [sys.executable, str(PROGRAM), *sys.argv[1:]], environment)
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    while os.getppid() == program:
        time.sleep(0.1)


def require_log() -> None:
    log = HERE / "submissions" / LOG
    if not (log.exists() and SENDING in log.read_text()):
        (HERE / "not-logged").touch()


if __name__ == "__main__":
    main()

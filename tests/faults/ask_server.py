"""Start a server in the working directory, ask it, and decide about all suspected labels.

    PYTHONPATH=.:tests python tests/faults/ask_server.py

Writes what it answers to answers.json.
"""

import json
from pathlib import Path
from urllib.request import Request, urlopen

from support.web_server import served

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE

HERE = Path.cwd()


def main() -> None:
    """Find the faces of a picture, and drop the labels of each suspect."""
    folders = ("--data-dir", HERE / "data", "--runs-dir", HERE / "runs")
    with served("--review", *folders) as server:
        root = f"{server.address.removesuffix('review')}v1"
        found = ask(f"{root}/faces", "POST", ASTRONAUT_FILE.read_bytes())
        suspects = [each["row"] for each in ask(f"{root}/review")["suspects"]]
        drop = json.dumps([{"keypoint": "", "decision": "drop"}]).encode()
        decided = [
            ask(f"{root}/review/faces/{row}/decisions", "PUT", drop)
            for row in suspects or [0, 1]
        ]  # fmt: skip
    (HERE / "answers.json").write_text(json.dumps({"found": found, "decided": decided}))


def ask(address: str, method: str = "GET", body: bytes | None = None) -> dict[str, object]:
    with urlopen(Request(address, body, method=method), timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()

"""Trains networks and predicts the competition's test faces on Kaggle: submission.csv.

`kaggle-fkd kernel` has written this script. It carries the package, so that nothing needs to be
installed and no internet is needed, and finds the competition's files where Kaggle mounts them.
"""

import base64
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

INPUT, WORKING = Path("/kaggle/input"), Path("/kaggle/working")
FILES = ("IdLookupTable.csv", "facial-keypoints-detection.zip")
"""The competition's files have one of these beside them: as they are, or in one zip."""
ARGUMENTS: list[str] = []
"""Those of the stages train and predict."""
PACKAGE = ""
"""The package, zipped, in base64."""


def main() -> None:
    """Unpack the package, run it, and put the submission where Kaggle looks for it."""
    found = [path for name in FILES for path in sorted(INPUT.rglob(name))]
    if not found:
        sys.exit(
            f"{INPUT} has no data of the competition: add the competition "
            "facial-keypoints-detection as an input of this kernel, after you have accepted its "
            "rules"
        )
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(base64.b64decode(PACKAGE))).extractall(folder)
        # Kaggle's data are read-only: what is made of them is kept elsewhere.
        data = Path(folder) / "data"
        data.mkdir()
        for path in found[0].parent.iterdir():
            (data / path.name).symlink_to(path)
        answer = subprocess.run(
            [
                sys.executable, "-m", "kaggle_fkd", "--stage", "train,predict", *ARGUMENTS,
                "--data-dir", data, "--runs-dir", WORKING / "runs",
                "--submissions-dir", WORKING / "submissions",
            ],
            env=os.environ | {"PYTHONPATH": folder}, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    if answer.returncode:
        sys.exit(answer.returncode)
    shutil.copy(answer.stdout.splitlines()[-1], WORKING / "submission.csv")
    # Kaggle lists the files of its working folder page by page: one is easier to fetch.
    shutil.make_archive(str(WORKING / "runs"), "zip", WORKING / "runs")
    shutil.rmtree(WORKING / "runs")
    print(f"{WORKING / 'submission.csv'} is ready to be submitted")


if __name__ == "__main__":
    main()

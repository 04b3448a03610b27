"""Photographs need few libraries: neither torch nor what analyses data."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch", "pandas", "scipy", "sklearn", "skimage", "matplotlib", "seaborn", "onnx", "onnxscript",
    "safetensors", "filelock", "requests", "kaggle", "pyarrow", "ray",
)  # fmt: skip
NOT_OF_THE_PAGE = tuple(name for name in HEAVY if name != "onnx")
PROGRAM = """
import sys

class NotInstalled:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {heavy}:
            return self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = map(NotInstalled, sys.meta_path)
{rest}
"""


def run(tmp_path, rest, missing=HEAVY):
    program = PROGRAM.format(heavy=missing, rest=rest)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip


def assert_says_what_to_install(done, problem, extra):
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert problem in done.stderr
    assert f"pip install 'kaggle_fkd[{extra}]'" in done.stderr


def test_every_module_of_photo_and_of_the_page_is_imported_without_them(tmp_path):
    done = run(tmp_path, """
import importlib, pkgutil, kaggle_fkd.photo, kaggle_fkd.web
for package in (kaggle_fkd.photo, kaggle_fkd.web):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
""")  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_photograph_is_annotated_in_every_format_without_them(tmp_path):
    done = run(tmp_path, """
from kaggle_fkd.cli import main
sys.exit(main(["photo", "astronaut", "--json", "--csv", "--pts", "--coco", "--indices"]))
""")  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "runs/photo").iterdir()}
    assert names == {
        "astronaut_keypoints.png", "astronaut.json", "astronaut.csv", "astronaut_1.pts", "coco.json"
    }  # fmt: skip


def test_a_stage_that_needs_them_says_what_to_install(tmp_path):
    done = run(tmp_path, """
from kaggle_fkd.cli import main
sys.exit(main(["--stage", "all"]))
""")  # fmt: skip
    assert_says_what_to_install(done, "needs what is not installed: torch, pandas", "competition")


def test_a_table_says_what_to_install(tmp_path):
    for option, modules, extra in (("--jobs=2", "pyarrow", "table"),
                                   ("--ray=local", "ray, pyarrow", "cluster")):  # fmt: skip
        done = run(tmp_path, f"""
from kaggle_fkd.cli import main
sys.exit(main(["photo", "astronaut", "--table", "out", "{option}"]))
""")  # fmt: skip
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
        assert f"needs what is not installed: {modules} -> pip install" in done.stderr
        assert f"'kaggle_fkd[{extra}]'" in done.stderr and list(tmp_path.iterdir()) == []


def test_the_page_looks_inside_of_a_network_without_them(tmp_path):
    done = run(tmp_path, """
from starlette.testclient import TestClient
from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.app import make_app
client = TestClient(make_app(FaceKeypoints(), ""), base_url="http://localhost")
for show in ("chip", "heat_map", "features"):
    answer = client.post(f"/v1/inside?show={show}", content=ASTRONAUT_FILE.read_bytes())
    assert answer.status_code == 200, answer.text
""", missing=NOT_OF_THE_PAGE)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_page_says_what_to_install(tmp_path):
    done = run(tmp_path, """
from kaggle_fkd.cli import main
sys.exit(main(["serve"]))
""", missing=(*HEAVY, "starlette", "uvicorn"))  # fmt: skip
    assert_says_what_to_install(
        done, "serve needs what is not installed: starlette, uvicorn", "web"
    )


def test_the_label_review_says_what_to_install(tmp_path):
    done = run(tmp_path, """
from kaggle_fkd.cli import main
sys.exit(main(["serve", "--review"]))
""", missing=NOT_OF_THE_PAGE)  # fmt: skip
    assert_says_what_to_install(
        done, "--review needs what is not installed: torch, pandas", "competition"
    )

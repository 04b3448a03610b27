"""Importing modules, making a `FaceKeypoints`, detection and videos change nothing global.

A process of its own imports the libraries that the package is built on, notes the state that they
share, uses the package, and notes it again.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import ctypes, importlib, json, logging, os, pkgutil, random, signal, sys, tempfile, warnings
from pathlib import Path
import cv2, matplotlib.colors, matplotlib.figure, numpy as np, PIL.Image, safetensors.torch
import filelock, pandas, requests, seaborn, skimage.data, sklearn.ensemble, torch, tqdm

BLOCK = 64 << 20


def mapped_by_malloc():
    '''Whether glibc maps a block of 64 MB by itself, as it does unless it is told otherwise.'''
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]

    class Statistics(ctypes.Structure):
        _fields_ = [(f"number_{index}", ctypes.c_size_t) for index in range(10)]

    if not hasattr(libc, "mallinfo2"):
        return None
    libc.mallinfo2.restype = Statistics
    before = libc.mallinfo2().number_4  # hblkhd: bytes in mapped blocks
    block = libc.malloc(BLOCK)
    mapped = libc.mallinfo2().number_4 - before >= BLOCK
    libc.free(block)
    return mapped


def state():
    loggers = [logging.getLogger(), logging.getLogger("kaggle_fkd")]
    return {
        "torch random state": torch.get_rng_state().tolist(),
        "torch threads": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "torch modes": [torch.is_grad_enabled(), torch.is_inference_mode_enabled(),
                        str(torch.get_default_dtype()), torch.backends.mkldnn.enabled,
                        torch.are_deterministic_algorithms_enabled(),
                        torch.backends.cudnn.benchmark, torch.get_float32_matmul_precision()],
        "numpy random state": str(np.random.get_state()),
        "numpy errors": np.geterr(),
        "python random state": str(random.getstate()),
        "opencv": [cv2.getNumThreads(), cv2.useOptimized(), cv2.ocl.useOpenCL(),
                   # OpenCV 4.10 has no such module.
                   hasattr(cv2.utils, "logging") and cv2.utils.logging.getLogLevel()],
        "environment": dict(os.environ),
        "warnings": [str(each) for each in warnings.filters],
        "logging": [[str(each.handlers), each.level, each.propagate] for each in loggers],
        "signals": [str(signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)],
        "folder": os.getcwd(),
        "malloc": mapped_by_malloc(),
        "pillow": [PIL.Image.MAX_IMAGE_PIXELS, PIL.ImageFile.LOAD_TRUNCATED_IMAGES],
        "matplotlib": [matplotlib.get_backend(), str(matplotlib.rcParams)],
        "path": sys.path,
        "streams": [str(sys.stdout), str(sys.stderr)],
    }


picture = skimage.data.astronaut()
file = Path(tempfile.mkdtemp()) / "astronaut.png"
PIL.Image.fromarray(picture).save(file)
states = {"before": state()}
import kaggle_fkd
from kaggle_fkd import FaceKeypoints
states["the import"] = state()
for module in pkgutil.walk_packages(kaggle_fkd.__path__, "kaggle_fkd."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
states["the import of every module"] = state()
finder = FaceKeypoints()
states["FaceKeypoints()"] = state()
(face,) = finder.detect(file)
finder.detect_many([picture])
states["detect"] = state()
face.as_dict(), face.chip(), finder.draw(picture, [face])
states["what a face tells"] = state()
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame, open_video
list(open_video(write_video(file.with_name("clip.mp4"), [Frame(picture, 0.0)], 10)).frames())
states["a video"] = state()
print(json.dumps(states, default=str))
"""


@pytest.fixture(scope="module")
def states():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("step", [
    "the import", "the import of every module", "FaceKeypoints()", "detect", "what a face tells",
    "a video",
])  # fmt: skip
def test_nothing_global_is_changed(states, step):
    before = states["before"]
    changed = [name for name, value in states[step].items() if value != before[name]]
    assert not changed

"""Frames per second, jitter and lag of faces in videos.

    python benchmarks/video.py --out results/video

Made-up videos of 640 x 480 pixels and 30 frames a second show scikit-image's astronaut, once and
five times, still or moving to the right, with the noise of a camera. All is computed on one core,
after the first frames. Jitter is the standard deviation of the keypoints of a still face over time,
lag how far behind the keypoints of a moving face are, on average; both in pixels, as detected in
every frame and as tracked and smoothed. Writes video.csv, and prints it.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.video.tracking import Tracker
from kaggle_fkd.system.console import progress, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

WIDTH, HEIGHT, RATE, FRAMES = 640, 480, 30.0, 90
HEAD = slice(0, 256), slice(96, 352)
"""The part of the astronaut's picture that is shown."""
NOISE = 3.0
"""Standard deviation of the camera's noise, in grey levels."""
SPEED = 3.0
"""Pixels by which a moving face moves from one frame to the next."""
PLACES = {1: [(190, 110, 1.0)], 5: [(20 + 205 * x, 20 + 230 * y, 0.75) for x, y in
                                    ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1))]}  # fmt: skip
"""x, y and scale of each head, by their number."""


def video(faces: int, speed: float) -> Iterator[NDArray[np.uint8]]:
    """The frames."""
    random, head = np.random.default_rng(0), read_picture("astronaut")[HEAD]
    for number in range(FRAMES):
        frame = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
        for x, y, scale in PLACES[faces]:
            place = np.array([[scale, 0, x + speed * number], [0, scale, y]])
            cv2.warpAffine(
                head, place, (WIDTH, HEIGHT), dst=frame, flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_TRANSPARENT,
            )  # fmt: skip
        noisy = frame + random.normal(0, NOISE, frame.shape)
        yield noisy.round().clip(0, 255).astype(np.uint8)


def frames_per_second(finder: FaceKeypoints, faces: int) -> float:
    """Of tracking, without reading, drawing and writing."""
    tracker, seconds, frames = Tracker(finder), [], list(video(faces, 0.5))
    for number, frame in enumerate(progress(frames, f"{faces} faces")):
        start = time.process_time()
        found = tracker.next(frame, number / RATE)
        seconds.append(time.process_time() - start)
    if len(found) != faces:
        raise RuntimeError(f"{len(found)} faces were found instead of {faces}")
    return 1 / float(np.mean(seconds[10:]))


def points(finder: FaceKeypoints, speed: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """T x 68 x 2 keypoints of one face, detected in every frame, and tracked."""
    tracker, detected, tracked = Tracker(finder), [], []
    for number, frame in enumerate(progress(list(video(1, speed)), "jitter and lag")):
        detected.append(finder.detect(frame)[0].keypoints)
        tracked.append(tracker.next(frame, number / RATE)[0].keypoints)
    return np.stack(detected)[10:], np.stack(tracked)[10:]


def main() -> None:
    """Measure, write the table and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    finder = FaceKeypoints()
    still, moving = points(finder, 0.0), points(finder, SPEED)
    mean, path = still[0].mean(axis=0), SPEED * np.arange(10, FRAMES)[:, None]
    lags = [float(np.mean(mean[:, 0] + path - each[:, :, 0])) for each in moving]
    rows = [
        *((f"frames per second, {n} faces", frames_per_second(finder, n)) for n in PLACES),
        ("jitter, detected in every frame (px)", float(still[0].std(axis=0).mean())),
        ("jitter, tracked and smoothed (px)", float(still[1].std(axis=0).mean())),
        ("lag, detected in every frame (px)", lags[0]),
        ("lag, tracked and smoothed (px)", lags[1]),
    ]
    table = pd.DataFrame(rows, columns=["figure", "value"])
    write_text(options.out / "video.csv", table.to_csv(index=False, float_format="%.4g"))
    print(table.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))

"""Videos: frames are read one at a time, and written as an mp4 that is complete or absent."""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import FkdError, PictureError
from kaggle_fkd.system.files import atomic_path

VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
USUAL_RATE = 25.0
"""Frames per second that are assumed for a file that does not state its rate."""
CODEC = "mp4v"
"""MPEG-4 part 2: every build of OpenCV can write it, unlike H.264."""
FFMPEG_LOG_LEVEL = "OPENCV_FFMPEG_LOGLEVEL"
"""The environment variable that sets FFmpeg's log level. FFmpeg reads it once in a process, when it
first opens a video."""
FFMPEG_SILENT = "-8"
"""FFmpeg's level AV_LOG_QUIET."""

_SILENCING = threading.Lock()
"""Held while the log level and the environment, which all threads share, are changed."""


@dataclass(frozen=True)
class Video:
    """A video file that can be read."""

    path: Path
    """Where the file is."""
    rate: float
    """Frames per second."""
    length: int
    """Number of frames that the file states (some are wrong by a few); 0 if it states none."""
    width: int
    """Pixels of a frame, upright."""
    height: int
    """Pixels of a frame, upright."""

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in order, H x W x 3 RGB, upright; each is read when it is needed."""
        capture = _open(self.path)
        try:
            while True:
                found, frame = capture.read()
                if not found:
                    return
                yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
        finally:
            capture.release()


def is_video(path: Path) -> bool:
    """True if the file's suffix is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def open_video(path: Path) -> Video:
    """The video in a file; raises PictureError if it does not exist or has no readable frame."""
    try:
        str(path).encode()  # OpenCV aborts on a name that is not text
        with path.open("rb") as file:
            empty = not file.read(1)
    except UnicodeEncodeError as error:
        raise PictureError(f"{str(path)!a}: the name is not UTF-8", "rename the file") from error
    except OSError as error:
        raise PictureError(
            f"cannot read {path}: {error.strerror or error}", "check the path and its permissions"
        ) from error
    if empty:
        raise PictureError(f"{path} is empty (0 bytes)", "copy or download it again")
    capture = _open(path)
    try:
        readable, frame = capture.read()
        if not readable:
            raise PictureError(
                f"{path} is not a video, or is damaged", "give a video such as an mp4 with H.264"
            )
        rate, length = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    height, width = frame.shape[:2]
    rate = rate if 0 < rate <= 1000 else USUAL_RATE
    return Video(path, rate, max(0, int(length)), width, height)


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], rate: float) -> Path:
    """Write H x W x 3 RGB frames of one size as an mp4, atomically, and return its path.

    Each frame is written before the next one is taken. The codec needs even sizes: if the height
    or width is odd, the last row or column is lost. Raises FkdError if there is no frame, or if
    the file cannot be written completely; an earlier file at `path` is then kept.
    """
    with atomic_path(path) as temporary:
        count = _encode(temporary, frames, rate)
        if count == 0:
            raise FkdError(f"there is no frame to write to {path}", "give a video with frames")
        # OpenCV does not report a full disk, so the file itself has to be checked.
        if not _is_complete(temporary, count):
            raise FkdError(
                f"cannot write {path}: its {count} frames could not be read back",
                "give a path that ends in .mp4, on a disk with enough free space",
            )
    return path


def _encode(path: Path, frames: Iterable[NDArray[np.uint8]], rate: float) -> int:
    """Write the frames and return their number; no file is made for 0."""
    writer, count = None, 0
    try:
        for frame in frames:
            if writer is None:
                size = (frame.shape[1], frame.shape[0])
                code = cv2.VideoWriter.fourcc(*CODEC)
                with _silenced():
                    writer = cv2.VideoWriter(str(path), code, rate, size)
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
            count += 1
    finally:
        if writer is not None:
            writer.release()
    return count


def _is_complete(path: Path, count: int) -> bool:
    """Whether the file states `count` frames, and the last of them can be read."""
    capture = _open(path)
    try:
        capture.set(cv2.CAP_PROP_POS_FRAMES, count - 1)
        return capture.get(cv2.CAP_PROP_FRAME_COUNT) == count and capture.read()[0]
    finally:
        capture.release()


def _open(path: Path) -> cv2.VideoCapture:
    with _silenced():
        return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)


@contextmanager
def _silenced() -> Iterator[None]:
    """Opening a video inside the block prints nothing: our own errors say what is wrong.

    OpenCV's log level is restored afterwards, and so is the environment. If this is the first video
    that the process opens, FFmpeg stays silent in this process, unless the environment sets its
    level.
    """
    with _SILENCING:
        level, is_set = cv2.utils.logging.getLogLevel(), FFMPEG_LOG_LEVEL in os.environ
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        if not is_set:
            os.environ[FFMPEG_LOG_LEVEL] = FFMPEG_SILENT
        try:
            yield
        finally:
            cv2.utils.logging.setLogLevel(level)
            if not is_set:
                del os.environ[FFMPEG_LOG_LEVEL]

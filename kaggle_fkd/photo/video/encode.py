"""`write_video`: frames as an mp4 with H.264, and the sound of another video."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import FkdError
from kaggle_fkd.photo.video.frames import opened, require_av
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

CODEC, PIXELS = "libx264", "yuv420p"
"""H.264, in the format of pixels that browsers and phones play."""
QUALITY: dict[str, object] = {"crf": "20", "preset": "veryfast"}
"""A constant quality, at which drawn lines stay clear, and the speed of the encoder."""
SOUND_CODEC, SOUND_RATE = "aac", 48000
"""What browsers and phones play, and the samples in a second."""
LARGEST_DENOMINATOR = 1001
"""Frame rates are fractions such as 30000/1001."""


def write_video(
    path: Path, frames: Iterable[NDArray[np.uint8]], rate: float, sound_of: Path | None = None
) -> Path:
    """Write H x W x 3 RGB frames of one size as an mp4, atomically, and return its path.

    Each frame is written before the next one is taken. The codec needs even sizes: if the height
    or width is odd, the last row or column is lost. The sound is that of the video `sound_of`, if
    it has any, up to the end of the frames. Ctrl-C ends the video early: the frames until then are
    kept. Raises FkdError if there is no frame, or if the file cannot be written; an earlier file at
    `path` is then kept.
    """
    av = require_av()
    with atomic_path(path) as temporary, ExitStack() as stack:
        source = stack.enter_context(opened(sound_of)) if sound_of else None
        file = stack.enter_context(temporary.open("wb"))
        try:
            with av.open(file, "w", format="mp4") as output:
                count, interrupted = _encode(output, frames, rate, source)
        except av.error.FFmpegError as error:
            cause = error.__cause__ or error.__context__ or error
            raise FkdError(
                f"cannot write {path}: {getattr(cause, 'strerror', None) or cause}",
                "give a path on a disk with enough free space",
            ) from error
        if not count:
            raise interrupted or FkdError(
                f"there is no frame to write to {path}", "give a video with frames"
            )
    if interrupted:
        log.warning("%s: interrupted; it has the first %d frames", path, count)
        raise interrupted
    return path


def _encode(
    output: "OutputContainer", frames: Iterable[NDArray[np.uint8]], rate: float,
    source: "InputContainer | None",
) -> tuple[int, KeyboardInterrupt | None]:  # fmt: skip
    """Write the frames, and return their number; the second result is what ended them early."""
    av, count = require_av(), 0
    exact = Fraction(rate).limit_denominator(LARGEST_DENOMINATOR)
    picture = cast("VideoStream", output.add_stream(CODEC, rate=exact))
    picture.pix_fmt, picture.options = PIXELS, QUALITY
    sound = _Sound(output, source) if source and source.streams.audio else None
    interrupted = None
    try:
        for frame in frames:
            height, width = (side - side % 2 for side in frame.shape[:2])
            if not count:
                picture.width, picture.height = width, height
            even = np.ascontiguousarray(frame[:height, :width])
            output.mux(picture.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
            count += 1
            if sound:
                sound.write_until(count / rate)
    except KeyboardInterrupt as error:
        interrupted = error
    if count:
        output.mux(picture.encode(None))
    if sound:
        sound.finish()
    return count, interrupted


class _Sound:
    """Copies the sound of a video into another one, bit by bit."""

    def __init__(self, output: "OutputContainer", source: "InputContainer") -> None:
        stream = source.streams.audio[0]
        self.output = output
        self.encoder = cast("AudioStream", output.add_stream(SOUND_CODEC, rate=SOUND_RATE))
        self.frames: Iterator[AudioFrame] = iter(source.decode(stream))
        self.waiting = self._next()

    def write_until(self, time: float) -> None:
        """Write what is heard before that time, in seconds."""
        while self.waiting is not None and (self.waiting.time or 0.0) < time:
            self.output.mux(self.encoder.encode(self.waiting))
            self.waiting = self._next()

    def _next(self) -> "AudioFrame | None":
        """The next part of the sound; None at its end, or where it is damaged."""
        try:
            return next(self.frames, None)
        except require_av().error.FFmpegError:
            return None

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self.output.mux(self.encoder.encode(None))

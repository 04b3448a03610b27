"""`write_video`: frames as an mp4 with H.264, and the sound of another video."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from kaggle_fkd.errors import FkdError
from kaggle_fkd.photo.video.frames import Clock, Frame, opened, require_av
from kaggle_fkd.photo.video.packets import decoded
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.text import count_of

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

CODEC, PIXELS = "libx264", "yuv420p"
"""H.264, in the format of pixels that browsers and phones play."""
QUALITY: dict[str, object] = {"crf": "20", "preset": "veryfast"}
"""A constant quality, at which drawn lines stay clear, and the speed of the encoder."""
BT709, VIDEO_RANGE = 1, 1
"""FFmpeg's numbers of the usual colours, and of the range of their values."""
TICK = Fraction(1, 90_000)
"""Seconds in which the times of frames are stored."""
SOUND_CODEC, SOUND_RATE, SOUND_FORMAT, SOUND_LAYOUT = "aac", 48_000, "fltp", "stereo"
"""What browsers and phones play, the samples in a second, and what the encoder takes."""
JITTER = SOUND_RATE // 10
"""Samples by which sound may be early or late."""


def write_video(
    path: Path, frames: Iterable[Frame], rate: float, sound_of: Path | None = None
) -> Path:
    """Write frames of one size as an mp4, atomically, and return its path.

    Each frame is written before the next one is taken, and keeps its time; the first is at 0.
    `rate` is the number of frames per second, on average. The codec needs even sizes: if the height
    or width is odd, the last row or column is lost. The sound is that of the video `sound_of`, if
    it has any, from the first frame to the last. Ctrl-C ends the video early: the frames until then
    are kept. Raises FkdError without a frame, or if the file cannot be written; an earlier
    file at `path` is then kept.
    """
    av = require_av()
    with ExitStack() as stack:
        source = stack.enter_context(opened(sound_of)) if sound_of else None
        temporary = stack.enter_context(atomic_path(path))
        with temporary.open("wb") as file:
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
        log.warning("%s: interrupted; it has the first %s", path, count_of(count, "frame"))
        raise interrupted
    return path


def _encode(
    output: "OutputContainer", frames: Iterable[Frame], rate: float,
    source: "InputContainer | None",
) -> tuple[int, KeyboardInterrupt | None]:  # fmt: skip
    """Write the frames, and return their number; the second result is what ended them early."""
    interrupted = None
    picture = _Picture(output, rate)
    sound = _Sound(output, source) if source and source.streams.audio else None
    try:
        for frame in frames:
            picture.write(frame)
            if sound:
                sound.write_until(frame.time, picture.start)
    except KeyboardInterrupt as error:
        interrupted = error
    if picture.count:
        picture.finish()
        if sound:
            sound.write_until(picture.end(rate), picture.start)
            sound.finish()
    return picture.count, interrupted


class _Picture:
    """The stream of frames."""

    def __init__(self, output: "OutputContainer", rate: float) -> None:
        self.output = output
        exact = Fraction(rate).limit_denominator(1001)  # such as 30000/1001
        self.stream = cast("VideoStream", output.add_stream(CODEC, rate=max(exact, Fraction(1))))
        self.stream.pix_fmt, self.stream.options = PIXELS, QUALITY
        context = self.stream.codec_context
        context.time_base = TICK
        # Without these, players guess the colours by the size of the picture.
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = VIDEO_RANGE
        self.start = 0.0
        """The time of the first frame, in seconds."""
        self.latest = 0.0
        """The time of the last frame, in seconds."""
        self.last_tick = -1
        """The time of the last frame in the output, in units of `TICK`."""
        self.count = 0
        """Frames so far."""

    def write(self, frame: Frame) -> None:
        """Write a frame at its time."""
        height, width = (side - side % 2 for side in frame.picture.shape[:2])
        if not self.count:
            if not height or not width:
                raise FkdError("a frame is less than 2 pixels wide or high", "give a larger video")
            self.stream.width, self.stream.height = width, height
            self.start = frame.time
        even = np.ascontiguousarray(frame.picture[:height, :width])
        encoded = (
            require_av()
            .VideoFrame.from_ndarray(even, format="rgb24")
            .reformat(format=PIXELS, dst_colorspace=BT709, dst_color_range=VIDEO_RANGE)
        )
        self.last_tick = max(self.last_tick + 1, round((frame.time - self.start) / TICK))
        self.latest = frame.time
        encoded.pts, encoded.time_base = self.last_tick, TICK
        self.count += 1
        self.output.mux(self.stream.encode(encoded))

    def end(self, rate: float) -> float:
        """The time until which the last frame is shown, in seconds."""
        return self.latest + 1 / rate

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self.output.mux(self.stream.encode(None))


class _Sound:
    """Encodes the sound of a video into another one, part by part."""

    def __init__(self, output: "OutputContainer", source: "InputContainer") -> None:
        self.output = output
        self.stream = cast("AudioStream", output.add_stream(SOUND_CODEC, rate=SOUND_RATE))
        self.stream.layout = SOUND_LAYOUT
        self.parts: Iterator[AudioFrame] = decoded(source, source.streams.audio[0])
        self.clock, self.length = Clock(source), 0.0
        self.kind: tuple[object, ...] = ()
        self.resampler = require_av().AudioResampler(SOUND_FORMAT, SOUND_LAYOUT, SOUND_RATE)
        self.written = 0
        """Samples so far."""
        self.waiting = self._next()

    def write_until(self, time: float, start: float) -> None:
        """Write what is heard from `start` to `time`, in seconds from the beginning of the file.

        Sound that cannot be encoded ends there, with a warning.
        """
        try:
            while self.waiting is not None and self.waiting[1] < time:
                part, heard = self.waiting
                due = round((heard - start) * SOUND_RATE)
                self._fill(due - self.written)
                if due >= 0 and self.written - due <= JITTER:
                    self._write(part)
                self.waiting = self._next()
        except require_av().error.FFmpegError as error:
            log.warning("the sound cannot be encoded, and ends early: %s", error)
            self.waiting = None

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._mux(self.resampler.resample(None))
        self.output.mux(self.stream.encode(None))

    def _next(self) -> "tuple[AudioFrame, float] | None":
        """The next part of the sound, and its time; None at its end."""
        part = next(self.parts, None)
        if part is None:
            return None
        time = self.clock.time(part.time, self.length)
        self.length = part.samples / part.sample_rate
        return part, time

    def _write(self, part: "AudioFrame") -> None:
        kind = (part.format.name, part.layout.name, part.sample_rate)
        if kind != self.kind:  # a broadcast may change from mono to stereo
            if self.kind:
                self._mux(self.resampler.resample(None))
            self.kind = kind
            self.resampler = require_av().AudioResampler(SOUND_FORMAT, SOUND_LAYOUT, SOUND_RATE)
        part.pts = None
        self._mux(self.resampler.resample(part))

    def _fill(self, samples: int) -> None:
        """Write silence, if the sound begins late or has a gap."""
        while samples > JITTER:
            silence = np.zeros((2, min(samples, SOUND_RATE)), np.float32)
            frame = require_av().AudioFrame.from_ndarray(silence, SOUND_FORMAT, SOUND_LAYOUT)
            frame.sample_rate = SOUND_RATE
            self._mux([frame])
            samples -= silence.shape[1]

    def _mux(self, frames: "list[AudioFrame]") -> None:
        for frame in frames:
            frame.pts = None
            self.written += frame.samples
            self.output.mux(self.stream.encode(frame))

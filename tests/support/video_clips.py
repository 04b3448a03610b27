"""Frames and sound for clips, and what is heard in a clip."""

from fractions import Fraction

import av
import numpy as np

RATE = 10


def colours(count):
    return [np.full((48, 64, 3), (240 - 20 * i, 30, 20 * i), np.uint8) for i in range(count)]


def tone(hertz, seconds, rate=44100, silent=0.0):
    """Frames of a tone, after some seconds of silence."""
    wave = np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    wave[: round(silent * rate)] = 0
    for start in range(0, len(wave), 1000):
        part = (10000 * wave[start : start + 1000]).astype(np.int16)[None]
        heard = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        heard.sample_rate, heard.pts = rate, start
        heard.time_base = Fraction(1, rate)
        yield heard


def heard_in(path):
    """The sound of a video, as samples, and their rate."""
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        return np.concatenate(parts), container.streams.audio[0].rate

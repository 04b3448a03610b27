"""Damaged packets are left out, and all others are seen and heard."""

from itertools import islice

import av
import numpy as np
import pytest
from support.video_clips import RATE, colours, heard_in, tone

from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import open_video
from kaggle_fkd.photo.video.packets import decoded

SECONDS = 4


def damaged_clip(path, picture=None, sound=None):
    """Video and sound of four seconds, in each of which the packet of that number is damaged."""
    with av.open(str(path), "w") as container:
        seen = container.add_stream("mpeg4", rate=RATE)
        seen.width, seen.height, seen.gop_size = 64, 48, 5
        heard = container.add_stream("ac3", rate=44100, layout="mono")
        frames = [av.VideoFrame.from_ndarray(each, format="rgb24") for each in 10 * colours(4)]
        parts = [*tone(440, SECONDS)]
        for stream, content, damaged in ((seen, frames, picture), (heard, parts, sound)):
            packets = [packet for each in (*content, None) for packet in stream.encode(each)]
            for number, packet in enumerate(packets):
                container.mux(destroyed(packet) if number == damaged else packet)
    return path


def destroyed(packet):
    """The packet with other bytes at the same time."""
    other = av.Packet(b"\xff" * len(bytes(packet)))
    for name in ("pts", "dts", "time_base", "stream", "duration", "is_keyframe"):
        setattr(other, name, getattr(packet, name))
    return other


@pytest.mark.parametrize("number", [0, 7, 15])
def test_frames_after_a_damaged_one_are_read(tmp_path, number, capfd):
    path = damaged_clip(tmp_path / "clip.mkv", picture=number)
    video = open_video(path)
    assert capfd.readouterr().err == ""
    times = [frame.time for frame in video.frames()]
    assert len(times) == 39 and times[-1] == pytest.approx(3.9, abs=0.01)
    assert capfd.readouterr().err.count("left out 1 packet of its video") == 1


@pytest.mark.parametrize("number", [0, 20])
def test_sound_after_a_damaged_part_is_heard(tmp_path, number, capfd):
    source = damaged_clip(tmp_path / "clip.mkv", sound=number)
    copy = write_video(tmp_path / "copy.mp4", open_video(source).frames(), RATE, sound_of=source)
    wave, rate = heard_in(copy)
    assert len(wave) / rate == pytest.approx(SECONDS, abs=0.15)
    loud = [np.abs(part).max() > 0.1 for part in np.array_split(wave, 8)]
    assert all(loud[1:])
    assert capfd.readouterr().err.count("left out 1 packet of its audio") == 1


def noisy_clip(path):
    """60 frames of H.264, some of which are decoded before others that are shown earlier."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 48, 64, 3), np.uint8)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"bf": "3"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for picture in (*noise, None):
            frame = None if picture is None else av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_of_a_video_that_was_cut_off_every_complete_frame_is_read(tmp_path, share, capfd):
    complete, cut = noisy_clip(tmp_path / "complete.mp4"), tmp_path / "cut.mp4"
    length = int(share * complete.stat().st_size)
    with av.open(str(complete)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        whole = sum(packet.pos + packet.size <= length for packet in packets)
    assert 0 < whole < len(packets)
    cut.write_bytes(complete.read_bytes()[:length])
    video = open_video(cut)
    capfd.readouterr()
    assert len([*video.frames()]) == whole
    assert "of its video that cannot be decoded" in capfd.readouterr().err


class Ending:
    """A container that cannot be read beyond its first packets."""

    name = "clip.mp4"

    def __init__(self, container, number):
        self.container, self.number = container, number

    def demux(self, stream):
        yield from islice(self.container.demux(stream), self.number)
        raise av.error.InvalidDataError(1, "invalid data")


def test_frames_that_the_decoder_still_has_when_a_file_ends_are_read(tmp_path, capfd):
    path = noisy_clip(tmp_path / "clip.mp4")
    with av.open(str(path)) as container:
        frames = [*decoded(Ending(container, 30), container.streams.video[0])]
    assert len(frames) == 30
    assert "clip.mp4: the rest of its video cannot be read" in capfd.readouterr().err

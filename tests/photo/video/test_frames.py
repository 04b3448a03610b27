"""Videos read and written frame by frame."""

import os
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from support.video_clips import RATE, colours, heard_in, tone

from kaggle_fkd.errors import FkdError, PictureError, UsageError
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Clock, Frame, is_video, open_video


def in_time(pictures, rate=RATE):
    """Frames at equal intervals."""
    return (Frame(picture, number / rate) for number, picture in enumerate(pictures))


def test_a_video_keeps_its_frames_rate_and_colours(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", in_time(colours(10), 12.5), 12.5)
    video = open_video(path)
    frames = [frame.picture for frame in video.frames()]
    assert (video.rate, video.length, len(frames)) == (12.5, 10, 10)
    assert (video.width, video.height) == (64, 48)
    for frame, expected in zip(frames, colours(10), strict=True):
        assert np.abs(frame.astype(int) - expected).mean() < 6


def test_each_frame_is_written_before_the_next_is_taken(tmp_path: Path):
    write_video(tmp_path / "clip.mp4", in_time(colours(5)), 10)
    frames = open_video(tmp_path / "clip.mp4").frames()
    copies = write_video(tmp_path / "copy.mp4", frames, 10)
    assert open_video(copies).length == 5


def test_a_video_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", in_time(colours(4)), 10)

    def breaking():
        yield from colours(2)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_video(path, in_time(breaking()), 10)
    assert open_video(path).length == 4
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from kaggle_fkd.errors import FkdError
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame

# The kernel refuses writes beyond the limit, as it does on a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), dtype=np.uint8)
try:
    frames = [Frame(picture, number / 10) for number, picture in enumerate(noise)]
    write_video(Path(sys.argv[1]), frames, 10)
except FkdError as error:
    sys.exit(str(error))
"""


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.0])
def test_a_video_that_does_not_fit_on_the_disk_is_rejected_and_the_old_one_stays(share, tmp_path):
    pytest.importorskip("resource", reason="this system has no limit for the size of a file")
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), dtype=np.uint8)
    limit = int(share * write_video(tmp_path / "clip.mp4", in_time(noise), 10).stat().st_size)
    path = write_video(tmp_path / "clip.mp4", in_time(colours(4)), 10)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, str(limit)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True,
    )  # fmt: skip
    if share == 1.0:
        assert done.returncode == 0 and open_video(path).length == 40
    else:
        assert done.returncode == 1 and open_video(path).length == 4
        (line,) = done.stderr.splitlines()
        assert "cannot write" in line and "clip.mp4" in line and "disk" in line
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_videos_are_recognised_by_their_suffix():
    assert is_video(Path("clip.MP4")) and is_video(Path("of a camcorder.MTS"))
    assert not is_video(Path("a.png"))


def test_an_interrupted_video_has_the_frames_until_then(tmp_path: Path, capfd):
    def interrupted():
        yield from colours(4)
        raise KeyboardInterrupt

    path = tmp_path / "clip.mp4"
    with pytest.raises(KeyboardInterrupt):
        write_video(path, in_time(interrupted()), 10)
    assert open_video(path).length == 4 and "has the first 4 frames" in capfd.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "none.mp4", in_time(_nothing()), 10)
    assert not (tmp_path / "none.mp4").exists()


def _nothing():
    raise KeyboardInterrupt
    yield


def test_browsers_and_phones_can_play_what_is_written(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", in_time(frame[:47, :63] for frame in colours(5)), 10)
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (62, 46)  # the codec needs even sizes


def speaking(path, times, parts):
    """A video with a frame at each time, in seconds, and sound."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=RATE)
        picture.width, picture.height = 64, 48
        picture.codec_context.time_base = Fraction(1, 1000)
        sound = container.add_stream("pcm_s16le", rate=44100, layout="mono")
        for part in parts:
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
        for time, colour in zip(times, colours(10) * 10, strict=False):
            frame = av.VideoFrame.from_ndarray(colour, format="rgb24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
    return path


@pytest.mark.parametrize(("frames", "seconds"), [(20, 2.0), (10, 1.0)])
def test_a_copy_has_the_sound_of_its_source(tmp_path, frames, seconds):
    source = speaking(tmp_path / "a.mkv", np.arange(20) / RATE, tone(440, 2))
    video = open_video(source)
    assert video.rate == RATE
    copies = [frame for frame, _ in zip(video.frames(), range(frames), strict=False)]
    path = write_video(tmp_path / "copy.mp4", copies, video.rate, sound_of=source)
    assert open_video(path).length == frames
    wave, rate = heard_in(path)
    assert len(wave) / rate == pytest.approx(seconds, abs=0.15)
    spectrum = np.abs(np.fft.rfft(wave))
    assert spectrum.argmax() * rate / len(wave) == pytest.approx(440, abs=2)


def test_frames_keep_their_times_and_the_sound_keeps_with_them(tmp_path):
    """The picture begins after 0.5 s, and becomes slower; a tone begins after 1.5 s."""
    times = [*np.arange(0.5, 1.5, 0.05), *np.arange(1.5, 3.0, 0.25)]
    source = speaking(tmp_path / "a.mkv", times, tone(440, 3, silent=1.5))
    video = open_video(source)
    path = write_video(tmp_path / "copy.mp4", video.frames(), video.rate, sound_of=source)
    copied = [frame.time for frame in open_video(path).frames()]
    np.testing.assert_allclose(copied, np.array(times) - 0.5, atol=0.01)
    wave, rate = heard_in(path)
    begins = np.flatnonzero(np.abs(wave) > 0.1)[0] / rate
    assert begins == pytest.approx(1.0, abs=0.1)


def test_slides_keep_their_times(tmp_path):
    times = [0, 0.04, 12, 12.04, 15]
    source = speaking(tmp_path / "a.mkv", times, tone(440, 15))
    video = open_video(source)
    path = write_video(tmp_path / "copy.mp4", video.frames(), video.rate, sound_of=source)
    copied = [frame.time for frame in open_video(path).frames()]
    np.testing.assert_allclose(copied, times, atol=0.001)


def test_a_time_that_a_camera_states_twice_moves_no_other():
    clock = Clock(SimpleNamespace(format=SimpleNamespace(name="mov,mp4,m4a,3gp,3g2,mj2")))
    times = [0, 0.04, 0.04, 0.08]
    assert [clock.time(time, 0.04) for time in times] == times


def test_sound_that_begins_later_than_the_picture_does_so_in_a_copy(tmp_path):
    late = list(tone(440, 1))
    for part in late:
        part.pts += round(0.8 * part.sample_rate)
    source = speaking(tmp_path / "a.mkv", np.arange(20) / RATE, late)
    path = write_video(tmp_path / "b.mp4", open_video(source).frames(), RATE, sound_of=source)
    wave, rate = heard_in(path)
    assert np.flatnonzero(np.abs(wave) > 0.1)[0] / rate == pytest.approx(0.8, abs=0.1)


def recording(path, layout="mono", begins=0, size=(64, 48)):
    """A second of a broadcast with a tone, whose times begin at that second."""
    with av.open(str(path), "w", format="mpegts") as container:
        picture = container.add_stream("mpeg2video", rate=25)
        picture.width, picture.height = size
        sound = container.add_stream("mp2", rate=48000, layout=layout)
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(colours(1)[0], format="rgb24")
            frame = frame.reformat(*size)
            frame.pts = 25 * begins + number
            container.mux(picture.encode(frame))
        for heard in tone(440, 1, rate=48000):
            heard.pts += 48000 * begins
            container.mux(sound.encode(heard))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("layout", "first", "second"),
    [("stereo", 0, 1), ("mono", 0, 0), ("mono", 100, 0), ("mono", 0, 100)],
    ids=["from mono to stereo", "the same times", "earlier times", "much later times"],
)
def test_recordings_that_were_joined_are_shown_and_heard_one_after_the_other(
    tmp_path, layout, first, second
):
    source = tmp_path / "a.ts"
    parts = recording(tmp_path / "1.ts", begins=first), recording(tmp_path / "2", layout, second)
    source.write_bytes(b"".join(parts))
    path = write_video(tmp_path / "b.mp4", open_video(source).frames(), 25, sound_of=source)
    times = [frame.time for frame in open_video(path).frames()]
    assert len(times) > 45 and np.diff(times).min() > 0.02 and times[-1] < 2.2
    wave, rate = heard_in(path)
    assert len(wave) / rate == pytest.approx(2, abs=0.25)
    assert np.abs(wave[-rate // 2 :]).max() > 0.1


def test_the_sound_lasts_as_long_as_the_last_frame(tmp_path):
    source = speaking(tmp_path / "a.mkv", [0.0, 1.0], tone(440, 3))
    path = write_video(tmp_path / "b.mp4", open_video(source).frames(), 1.0, sound_of=source)
    wave, rate = heard_in(path)
    assert len(wave) / rate == pytest.approx(2, abs=0.1)


def test_a_video_without_sound_has_none_to_copy(tmp_path: Path):
    source = write_video(tmp_path / "clip.mp4", in_time(colours(4)), 10)
    path = write_video(tmp_path / "copy.mp4", in_time(colours(4)), 10, sound_of=source)
    with av.open(str(path)) as container:
        assert not container.streams.audio


UPRIGHT = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
"""The matrix of a video that is not rotated, as an mp4 stores it."""


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        ((0, 65536, -65536, 0), lambda frame: np.rot90(frame, 3)),
        ((-65536, 0, 0, -65536), lambda frame: np.rot90(frame, 2)),
        ((0, -65536, 65536, 0), lambda frame: np.rot90(frame, 1)),
        ((-65536, 0, 0, 65536), lambda frame: frame[:, ::-1]),
        ((65536, 0, 0, -65536), lambda frame: frame[::-1]),
        ((0, 65536, 65536, 0), lambda frame: frame.transpose(1, 0, 2)),
        ((0, -65536, -65536, 0), lambda frame: frame[::-1, ::-1].transpose(1, 0, 2)),
    ],
)
def test_a_video_that_was_turned_or_mirrored_is_upright(tmp_path: Path, turn, shown):
    frame = colours(1)[0]
    frame[:20, :24] = (0, 200, 0)
    path = write_video(tmp_path / "clip.mp4", in_time([frame] * 3), 10)
    a, b, c, d = turn
    start, end = path.read_bytes().rsplit(UPRIGHT, 1)
    path.write_bytes(start + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + end)
    video, expected = open_video(path), shown(frame)
    assert (video.height, video.width) == expected.shape[:2]
    for seen in video.frames():
        assert np.abs(seen.picture.astype(int) - expected).mean() < 6


@pytest.mark.parametrize(
    ("aspect", "shown"),
    [(Fraction(2), (48, 128)), (Fraction(1, 2), (96, 64)), (Fraction(5), (48, 64))],
)
def test_pixels_that_are_not_square_are_stretched(tmp_path, aspect, shown):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 48
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(av.VideoFrame.from_ndarray(colours(1)[0], format="rgb24")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio not in (None, 1)
    video = open_video(path)
    assert (video.height, video.width) == shown
    assert [frame.picture.shape[:2] for frame in video.frames()] == [shown]


def test_a_title_that_is_not_text_does_not_matter(tmp_path: Path):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "a holiday"
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 48
        container.mux(stream.encode(av.VideoFrame.from_ndarray(colours(1)[0], format="rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    assert b"a holiday" in content
    path.write_bytes(content.replace(b"a holiday", b"\xff holiday"))
    assert len(list(open_video(path).frames())) == 1


def test_without_pyav_the_remedy_is_to_install_it(tmp_path: Path, monkeypatch):
    path = write_video(tmp_path / "clip.mp4", in_time(colours(2)), 10)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError, match="pip install av"):
        open_video(path)


def test_a_video_without_frames_is_rejected(tmp_path: Path):
    with pytest.raises(FkdError, match="no frame"):
        write_video(tmp_path / "clip.mp4", [], 10)
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_videos_are_rejected_in_one_line(tmp_path: Path, capfd):
    complete = write_video(tmp_path / "complete.mp4", in_time(colours(5)), 10).read_bytes()
    for name, content in (
        ("text.mp4", b"no video"),
        ("empty.mp4", b""),
        ("cut.mp4", complete[:900]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError, match=name):
            open_video(tmp_path / name)
    with pytest.raises(PictureError, match="gone"):
        open_video(tmp_path / "gone.mp4")
    assert capfd.readouterr().err == ""


def test_a_video_that_is_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "clip.mp4")
    with pytest.raises(PictureError, match=r"clip\.mp4: not a regular file"):
        open_video(tmp_path / "clip.mp4")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_not_text_is_a_name(tmp_path):
    path = write_video(tmp_path / "\udcfe.mp4", in_time(colours(3)), 10)
    assert len(list(open_video(path).frames())) == 3


def test_frames_of_another_size_are_scaled_to_the_first(tmp_path, capfd):
    parts = recording(tmp_path / "1.ts"), recording(tmp_path / "2.ts", begins=1, size=(96, 48))
    (tmp_path / "a.ts").write_bytes(b"".join(parts))
    shapes = {frame.picture.shape for frame in open_video(tmp_path / "a.ts").frames()}
    assert shapes == {(48, 64, 3)}
    assert capfd.readouterr().err.count("frames of another size are scaled to 64 x 48") == 1

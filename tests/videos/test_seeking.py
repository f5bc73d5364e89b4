"""Frames that are reached from key frames are those of a whole decoding, bit for bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facespectra.videos import containers, read_frames, seeking, spread, video_info

av = pytest.importorskip("av", reason="needs the detect extra")
pytest.importorskip("PIL", reason="needs the faces extra")

N = 90
# Codec, its options, container.
KINDS = {
    "h264-short": ("libx264", {"g": "12", "bf": "3"}, ".mp4"),
    "h264-long": ("libx264", {"g": "250", "bf": "3", "b-pyramid": "normal"}, ".mp4"),
    "h264-open": ("libx264", {"g": "20", "bf": "3", "x264-params": "open-gop=1"}, ".mkv"),
    "h264-refresh": ("libx264", {"g": "20", "x264-params": "intra-refresh=1"}, ".mp4"),
    "h264-slices": ("libx264", {"g": "20", "bf": "2", "x264-params": "slices=4:weightp=2"}, ".mov"),
    "h264-ts": ("libx264", {"g": "20", "bf": "3"}, ".ts"),
    "h264-avi": ("libx264", {"g": "20", "bf": "0"}, ".avi"),
    "h265": ("libx265", {"g": "20", "x265-params": "log-level=none"}, ".mp4"),
    "mpeg4": ("mpeg4", {"g": "12"}, ".mp4"),
    "mpeg4-avi": ("mpeg4", {"g": "12"}, ".avi"),
    "mpeg2": ("mpeg2video", {"g": "12", "bf": "2"}, ".mpg"),
    "vp8": ("libvpx", {"g": "20", "deadline": "realtime"}, ".webm"),
    "vp9": (
        "libvpx-vp9",
        {"g": "20", "deadline": "realtime", "auto-alt-ref": "1", "lag-in-frames": "16"},
        ".webm",
    ),
    "mjpeg": ("mjpeg", {}, ".mkv"),
}


def write(path: Path, codec: str, options: dict[str, str], times: list[int] | None = None) -> Path:
    """A moving scene with a cut in it."""
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 256, (2, 200, 300, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = 160, 96
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index in range(N):
            x, scene = 2 * index % 100, scenes[index // 50]
            pixels = scene[index % 60 : index % 60 + 96, x : x + 160] // 4 + index
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = index if times is None else times[index], Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def from_the_start(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture(params=KINDS)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    codec, options, suffix = KINDS[request.param]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    return write(tmp_path / f"clip{suffix}", codec, options)


def test_any_frames_are_those_of_a_whole_decoding(clip: Path) -> None:
    whole = from_the_start(clip)
    n = video_info(clip).n_frames
    assert n == len(whole)
    rng = np.random.default_rng(1)
    picks = [spread(n, 10), [0], [n - 1], [n // 2], list(range(n)), [0, 1, 40, 41, 42, n - 2]]
    picks += [sorted(rng.choice(n, 7, replace=False).tolist()) for _ in range(6)]
    for indices in picks:
        read = list(read_frames(clip, indices))
        assert [index for index, _, _ in read] == indices
        for index, _, image in read:
            assert np.array_equal(np.asarray(image), whole[index]), f"frame {index} of {indices}"


def test_times_are_those_of_a_whole_decoding(clip: Path) -> None:
    with av.open(str(clip)) as container:
        known = [frame.time for frame in container.decode(video=0)]
    assert [time for _, time, _ in read_frames(clip, [3, 47, 80])] == [known[3], known[47], known[80]]


@pytest.mark.parametrize("kind", ["h264-short", "h264-open", "mpeg4", "h265", "vp9", "h264-ts"])
def test_most_frames_are_not_decoded(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codec, options, suffix = KINDS[kind]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    clip = write(tmp_path / f"clip{suffix}", codec, options)
    monkeypatch.setattr(containers, "_from_the_start", lambda *_: pytest.fail("decoded from its start"))
    given: list[int] = []
    frames = seeking._frames

    def counting(*arguments: object) -> object:
        for frame in frames(*arguments):  # type: ignore[arg-type]
            given.append(frame.pts)
            yield frame

    monkeypatch.setattr(seeking, "_frames", counting)
    assert [index for index, _, _ in read_frames(clip, [85])] == [85]
    assert 1 <= len(given) <= 30


def test_what_no_frame_is_predicted_from_is_left_out(tmp_path: Path) -> None:
    for suffix in (".mp4", ".ts"):
        path = write(
            tmp_path / f"clip{suffix}",
            "libx264",
            {"g": "250", "bf": "3", "b-pyramid": "none", "x264-params": "b-adapt=0"},
        )
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            needless = seeking._needless(stream)
            packets = [packet for packet in container.demux(stream) if packet.size]
            left_out = sum(map(needless, packets))
            assert N / 3 < left_out < N
            assert not any(needless(packet) for packet in packets if packet.is_keyframe)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1", b"\0\0\1", bytes(40), b"\xff" * 40])
@pytest.mark.parametrize("size", [0, 1, 4])
def test_packets_that_make_no_sense_are_decoded(data: bytes, size: int) -> None:
    assert seeking._is_reference(memoryview(data), size)


def test_frames_with_uneven_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.integers(1, 9, N)).tolist()
    clip = write(tmp_path / "clip.mkv", "libx264", {"g": "12", "bf": "2"}, times)
    whole = from_the_start(clip)
    for index, _, image in read_frames(clip, [5, 33, 60, 88]):
        assert np.array_equal(np.asarray(image), whole[index])


@pytest.mark.parametrize("kind", ["h264-short", "mpeg4"])
def test_damage_is_read_from_the_start(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a frame that is needed is damaged, the good frames are counted as they always were."""
    codec, options, suffix = KINDS[kind]
    clip = write(tmp_path / f"clip{suffix}", codec, options)
    content = bytearray(clip.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = np.random.default_rng(0).integers(0, 256, 400, np.uint8).tobytes()
    clip.write_bytes(content)
    indices = spread(N, 20)

    def read() -> list[tuple[int, bytes]]:
        found = []
        try:
            found += [(index, image.tobytes()) for index, _, image in read_frames(clip, indices)]
        except containers.BrokenOffError:
            found.append((-1, b""))
        return found

    ours = read()

    def unsure(*_: object) -> None:
        raise seeking.UnsureError

    monkeypatch.setattr(containers, "times_of", unsure)
    known = read()
    assert known
    # As many, and up to the damage the same.
    assert len(ours) >= len(known) - 1
    assert ours[:8] == known[:8]

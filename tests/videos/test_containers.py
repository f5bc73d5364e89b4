"""Videos as players take them: trimmed, cut, damaged, of one frame, of any shape, or of sound alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from clips import cut_clip, cut_off, number_of, remux, trim, write_clip, write_sound
from facespectra.errors import UnreadableVideoError
from facespectra.videos import BrokenOffError, read_frames, spread, spread_frames, video_info

pytest.importorskip("PIL", reason="needs the faces extra")


def numbers(path: Path, n: int = 1000) -> list[int]:
    """What stands on the frames that are spread over a video."""
    indices = spread(video_info(path).n_frames, n)
    return [number_of(np.asarray(image)) for _, _, image in read_frames(path, indices)]


def written(path: Path, n: int = 30, **options: object) -> Path:
    try:
        return write_clip(path, n, **options)  # type: ignore[arg-type]
    except (ValueError, OSError) as error:
        pytest.skip(f"this PyAV cannot write it: {error}")


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_an_edit_list_says_what_is_shown(tmp_path: Path, codec: str) -> None:
    path = trim(written(tmp_path / "a.mp4", codec=codec), 7, 12)
    info = video_info(path)
    assert (info.n_frames, info.note) == (12, "")
    assert numbers(path) == list(range(7, 19))
    assert numbers(path, 3) == [9, 13, 17]


def test_a_trimmed_and_cut_video_counts_what_would_be_shown(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", 60, noise=0)
    path = cut_off(trim(remux(whole, tmp_path / "a.mp4", movflags="faststart"), 5, 50), 0.5)
    info = video_info(path)
    assert info.note == f"cut short: {info.n_frames} of 50 frames"
    assert 15 < info.n_frames < 30
    assert len(list(read_frames(path, range(info.n_frames)))) == info.n_frames


CONTAINERS = {
    "front.mp4": ("mpeg4", " of 60 frames"),
    "front.mov": ("libx264", " of 60 frames"),
    "fragments.mp4": ("libx264", " of 60 frames"),
    "a.mkv": ("libx264", " of 60 frames"),
    "a.webm": ("libvpx", " of 60 frames"),
    "a.avi": ("mpeg4", " of 60 frames"),
    "a.flv": ("flv1", " of 60 frames"),
    "a.ts": ("libx264", "good frames"),
    "a.mpg": ("mpeg1video", ""),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_cut_video_gives_the_frames_that_are_there_and_says_so(tmp_path: Path, name: str) -> None:
    codec, words = CONTAINERS[name]
    path = tmp_path / name
    if name.startswith("f"):
        flags = "faststart" if name.startswith("front") else "frag_keyframe+empty_moov"
        remux(written(tmp_path / "whole.mp4", 60, codec=codec, noise=0), path, movflags=flags)
    else:
        written(path, 60, codec=codec, noise=0)
    assert (video_info(path).n_frames, video_info(path).note) == (60, "")
    info = video_info(cut_off(path, 0.4321))
    assert 15 < info.n_frames < 35
    # A program stream says neither its length nor where it ends.
    assert info.note.startswith("cut short") or not words
    assert words in info.note
    frames, _ = spread_frames([path], 5)
    assert {frame.note for frame in frames} == {info.note}
    good = list(read_frames(path, spread(info.n_frames, 5)))
    assert len(good) == 5
    assert all(np.asarray(image).std() > 10 for _, _, image in good)


def test_frames_before_a_break_are_given(tmp_path: Path) -> None:
    path = cut_clip(tmp_path / "a.mp4")
    got = []
    with pytest.raises(BrokenOffError, match=r"breaks off after \d+ frames, before frame 27") as caught:
        got += [index for index, _, _ in read_frames(path, [3, 27])] or []
    assert 10 < caught.value.n_good < 20
    assert [index for index, _, _ in read_frames(path, [3])] == [3]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_bytes_that_were_overwritten_cost_no_more_than_their_frames(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, 40, noise=0)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    middle = len(content) // 2
    content[middle : middle + 4000] = rng.bytes(4000)
    path.write_bytes(content)
    got = []
    with suppress(BrokenOffError):
        for index, _, _ in read_frames(path, range(video_info(path).n_frames)):
            got.append(index)
    assert len(got) >= 18


def test_where_no_frame_is_readable_there_is_one_line(tmp_path: Path) -> None:
    path = cut_off(remux(write_clip(tmp_path / "b.mp4"), tmp_path / "a.mp4", movflags="faststart"), 0.4)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    with pytest.raises(UnreadableVideoError, match="it has no frame that is whole") as caught:
        video_info(path)
    assert "\n" not in str(caught.value)
    assert spread_frames([path]) == ([path], [0])


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv"])
def test_a_video_of_one_frame(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, 1)
    assert (video_info(path).n_frames, video_info(path).note) == (1, "")
    assert numbers(path) == [0]
    assert len(spread_frames([path], 10)[0]) == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uneven.mp4", {"times": [k * k for k in range(6)]}),
        ("uneven.mkv", {"times": [k * k for k in range(6)]}),
        ("odd.mp4", {"size": (65, 49)}),
        ("odd.mkv", {"size": (65, 49), "codec": "ffv1", "pixels_as": "yuv444p"}),
        ("ten.mkv", {"codec": "ffv1", "pixels_as": "yuv420p10le"}),
        ("grey.mkv", {"codec": "ffv1", "pixels_as": "gray"}),
    ],
)
def test_uneven_frame_times_odd_sizes_and_ten_bits(
    tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    path = written(tmp_path / name, 6, **options)
    info = video_info(path)
    assert (info.n_frames, info.note) == (6, "")
    assert (info.width, info.height) == options.get("size", (64, 48))
    assert numbers(path) == list(range(6))


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "aac"), ("a.m4a", "aac"), ("a.mkv", "aac"), ("a.wav", "pcm_s16le"), ("a.jpg", "")],
)
def test_sound_alone_is_one_clear_line(tmp_path: Path, name: str, codec: str) -> None:
    path = write_sound(tmp_path / name, codec) if codec else tmp_path / name
    if not codec:
        write_sound(tmp_path / "a.m4a").rename(path)
    for read in (video_info, lambda path: list(read_frames(path, [0]))):
        with pytest.raises(UnreadableVideoError, match="has no video stream") as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_that_goes_on_longer_is_no_missing_frames(tmp_path: Path, suffix: str) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    path = write_sound(tmp_path / f"both{suffix}", clip=clip, seconds=4)
    assert (video_info(path).n_frames, video_info(path).note) == (30, "")
    assert numbers(path, 2) == [7, 22]


def test_a_stream_without_a_length(tmp_path: Path) -> None:
    path = remux(write_clip(tmp_path / "a.mp4"), tmp_path / "live.mkv", live="1")
    assert (video_info(path).n_frames, video_info(path).note) == (30, "")
    assert numbers(path, 2) == [7, 22]


def test_a_recording_that_begins_between_key_frames(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.ts", 36, codec="mpeg2video").read_bytes()
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    # The tables that say what is in the stream, and the rest from the middle of its first group on.
    starts = [k for k, packet in enumerate(packets) if packet[1] & 0x40 and packet[1] & 0x1F == 1]
    (tmp_path / "a.ts").write_bytes(b"".join(packets[: starts[0]] + packets[starts[5] :]))
    info = video_info(tmp_path / "a.ts")
    assert 20 < info.n_frames < 35
    found = numbers(tmp_path / "a.ts")
    assert len(found) == info.n_frames
    assert found[-1] == 35

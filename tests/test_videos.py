"""Frames of videos: which ones, which way up, and what happens to files that are none."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from clips import STEP, cut_off, number_of, picture, write_clip
from facespectra.errors import MissingExtraError, UnreadableVideoError
from facespectra.videos import (
    Frame,
    find_media,
    is_video,
    read_frames,
    read_pixels,
    spread,
    spread_frames,
    video_info,
)

pytest.importorskip("PIL", reason="needs the faces extra")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("videos") / "a.mp4")


def test_frames_are_spread_over_the_whole_video() -> None:
    assert spread(100, 10) == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]
    assert spread(7, 2) == [1, 5]
    assert spread(3, 10) == [0, 1, 2]
    assert spread(2, 1) == [1]
    for count in range(2, 60):
        for n in range(1, 20):
            chosen = spread(count, n)
            assert len(set(chosen)) == min(n, count)
            assert 0 <= chosen[0] < chosen[-1] + 1 <= count
            assert np.ptp(np.diff(chosen)) <= 1 if len(chosen) > 1 else True


def test_the_frames_that_were_asked_for(clip: Path) -> None:
    assert video_info(clip).n_frames == 30
    wanted = [0, 1, 13, 29]
    frames = list(read_frames(clip, wanted))
    assert [index for index, _, _ in frames] == wanted
    assert [time for _, time, _ in frames] == pytest.approx([index / 25 for index in wanted])
    for index, _, image in frames:
        assert (image.mode, image.size) == ("RGB", (64, 48))
        assert number_of(np.asarray(image)) == index
        # Never resized: the edge between the quarters is where it was drawn.
        assert np.abs(np.asarray(image).astype(int) - picture(index)).mean() < STEP


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs a list of the process's threads")
def test_frames_leave_no_threads_behind(clip: Path) -> None:
    # Found by fuzzing: each frame kept the threads that had turned it into RGB, until the next collection.
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    images = [image for _, _, image in read_frames(clip, [0, 13])]
    gc.collect()
    before = threads()
    gc.disable()
    try:
        for _ in range(20):
            images += [image for _, _, image in read_frames(clip, [0, 13])]
        assert threads() <= before + 2
    finally:
        gc.enable()
    assert len({image.tobytes() for image in images}) == 2


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".mov"])
def test_other_containers(tmp_path: Path, suffix: str) -> None:
    path = write_clip(tmp_path / f"a{suffix}")
    info = video_info(path)
    assert (info.n_frames, info.width, info.height, info.codec, info.rate) == (30, 64, 48, "mpeg4", 25)
    assert [number_of(np.asarray(image)) for _, _, image in read_frames(path, [3, 28])] == [3, 28]


def test_b_frames_come_in_the_order_in_which_they_are_shown(tmp_path: Path) -> None:
    try:
        path = write_clip(tmp_path / "a.mp4", codec="libx264")
    except ValueError:
        pytest.skip("this PyAV has no x264")
    assert [number_of(np.asarray(image)) for _, _, image in read_frames(path, range(30))] == list(range(30))


@pytest.mark.parametrize(
    ("turned", "corner", "size"),
    [
        ("clockwise", (0, 1), (48, 64)),
        ("half", (1, 1), (64, 48)),
        ("counter-clockwise", (1, 0), (48, 64)),
        ("mirrored", (0, 1), (64, 48)),
    ],
)
def test_frames_are_turned_as_tagged(
    tmp_path: Path, turned: str, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    clip = write_clip(tmp_path / "a.mp4", 3, turned=turned)
    ((_, _, image),) = read_frames(clip, [1])
    ((_, _, array),) = read_pixels(clip, [1])
    np.testing.assert_array_equal(array, np.asarray(image))
    assert array.flags.c_contiguous
    assert image.size == size
    pixels = np.asarray(image)[..., 0]
    quarters = [
        [half[:, : size[0] // 2].mean(), half[:, size[0] // 2 :].mean()] for half in np.split(pixels, 2)
    ]
    assert np.unravel_index(np.argmax(quarters), (2, 2)) == corner


def not_a_video(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "text":
        path.write_text("not a video\n" * 100)
    elif kind == "empty":
        path.touch()
    elif kind == "playlist":
        # FFmpeg knows it by its content, whatever it is called, and would open what it names.
        write_clip(folder / "part.mp4")
        path.write_text("ffconcat version 1.0\nfile part.mp4\n")
    elif kind == "folder":
        path.mkdir()
    elif kind == "cut":
        # Its index stands last.
        cut_off(write_clip(path), 0.8)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text", "not a video"),
        ("empty", "the file is empty"),
        ("playlist", "not a video"),
        ("folder", "it is a folder"),
        ("cut", "cut off"),
        ("missing", "no such file"),
    ],
)
def test_what_is_no_video_is_one_line(tmp_path: Path, kind: str, reason: str) -> None:
    path = not_a_video(tmp_path, kind)
    with pytest.raises(UnreadableVideoError, match=reason) as caught:
        video_info(path)
    assert str(caught.value).startswith(f"cannot read video {path}: ")
    assert "\n" not in str(caught.value)
    with pytest.raises(UnreadableVideoError, match=reason):
        list(read_frames(path, [0]))
    assert spread_frames([path]) == ([path], [0])


def test_indices_must_rise(clip: Path) -> None:
    for wrong in ([3, 2], [2, 2], [-1]):
        with pytest.raises(ValueError, match="must be ascending"):
            list(read_frames(clip, wrong))


def test_videos_become_frames_where_they_stand(clip: Path, tmp_path: Path) -> None:
    image = tmp_path / "b.jpg"
    sources, origins = spread_frames([image, clip, Frame("x.mp4", 4)], 2)
    assert sources == [image, Frame(str(clip), 7), Frame(str(clip), 22), Frame("x.mp4", 4)]
    assert origins == [0, 1, 1, 2]
    assert str(sources[1]) == f"{clip} (frame 7)"


def test_media_are_found_by_their_endings(clip: Path, tmp_path: Path) -> None:
    for name in ("a.MOV", "b.jpg", "c.txt", "sub/d.mkv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in find_media(tmp_path)] == ["a.MOV", "b.jpg", "d.mkv"]
    # What is not there has nothing but its name.
    assert is_video("A.MP4")
    assert not is_video("mp4")


def test_without_pyav(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facespectra._extras.find_spec", lambda name: None)
    with pytest.raises(
        MissingExtraError, match=r"av is not installed: pip install \"facespectra\[detect\]\""
    ):
        video_info(clip)

"""Pictures that move are videos, and those that do not are pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import STEP, cut_off, number_of, picture
from facespectra.errors import UnreadableVideoError
from facespectra.images import read_image
from facespectra.videos import BrokenOffError, is_video, read_frames, spread_frames, video_info

Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")
features = pytest.importorskip("PIL.features")

KINDS = ["gif", "webp", "png", *(["avif"] if features.check("avif") else [])]


def animated(path: Path, n: int = 12, *, kind: str | None = None) -> Path:
    frames = [Image.fromarray(picture(index)) for index in range(n)]
    frames[0].save(
        path, kind or path.suffix[1:], save_all=True, append_images=frames[1:], duration=40, lossless=True
    )
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_animations(tmp_path: Path, kind: str) -> None:
    path = animated(tmp_path / f"a.{kind}")
    assert is_video(path)
    info = video_info(path)
    assert (info.n_frames, info.width, info.height, info.note) == (12, 64, 48, "")
    sources, origins = spread_frames([path], 4)
    assert [str(source) for source in sources] == [f"{path} (frame {index})" for index in (1, 4, 7, 10)]
    assert origins == [0] * 4
    got = list(read_frames(path, [1, 4, 11]))
    assert [index for index, _, _ in got] == [1, 4, 11]
    assert [time for _, time, _ in got] == pytest.approx([0.04, 0.16, 0.44])
    for index, _, image in got:
        assert (image.mode, image.size) == ("RGB", (64, 48))
        assert number_of(np.asarray(image)) == index
        assert np.abs(np.asarray(image).astype(int) - picture(index)).mean() < STEP


@pytest.mark.parametrize("kind", [*KINDS, "jpeg", "bmp", "tiff"])
def test_a_picture_of_one_frame_is_a_picture(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    Image.fromarray(picture(3)).save(path)
    assert not is_video(path)
    assert spread_frames([path]) == ([path], [0])
    if kind in KINDS:
        assert not is_video(animated(tmp_path / f"b.{kind}", 1))


def test_an_animation_under_another_name(tmp_path: Path) -> None:
    path = animated(tmp_path / "a.jpg", kind="gif")
    assert is_video(path)
    assert len(spread_frames([path], 5)[0]) == 5


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_a_cut_animation_gives_the_frames_that_are_good(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)) for _ in range(12)]
    path = tmp_path / f"a.{kind}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
    cut_off(path, 0.5)
    assert is_video(path)
    n_good = 0
    with pytest.raises(BrokenOffError, match="breaks off after"):
        for n_good, _ in enumerate(read_frames(path, range(12)), start=1):  # noqa: B007
            pass
    assert 3 < n_good < 8


def test_bombs_and_damage_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = animated(tmp_path / "a.gif")
    monkeypatch.setenv("FACESPECTRA_MAX_PIXELS", "100")
    with pytest.raises(UnreadableVideoError, match="64x48 pixels exceed the limit of 100"):
        list(read_frames(path, [0]))
    monkeypatch.delenv("FACESPECTRA_MAX_PIXELS")
    cut_off(path, 0.01)
    assert not is_video(path)
    with pytest.raises(Exception, match=r"cannot read image .*a\.gif: "):
        read_image(path)

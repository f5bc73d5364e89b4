"""Long runs of frames are read part by part: the same samples, one pass, and memory for one part."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="needs the detect extra")

from clips import cut_clip, number_of, write_clip
from facespectra import videos
from facespectra.features import crops
from facespectra.features.crops import Sample, read_samples
from facespectra.videos import Frame

N = 30


def sources_of(path: Path) -> list[Frame]:
    return [Frame(str(path), index) for index in range(N)]


def read(path: Path, part: int, patch: pytest.MonkeyPatch, threads: int = 2) -> list[Sample]:
    patch.setattr(crops, "PART", part)
    return list(read_samples(sources_of(path), None, threads=threads))


@pytest.mark.parametrize("part", [1, 7, 29])
def test_parts_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    path = write_clip(tmp_path / "a.mp4", N)
    whole = read(path, N, monkeypatch)
    opened: list[int] = []
    real = videos.read_pixels
    monkeypatch.setattr(
        "facespectra.features.video_pass.read_pixels",
        lambda path, indices: opened.append(len(indices)) or real(path, indices),
    )
    parts = read(path, part, monkeypatch)
    assert opened == [N]  # decoded once
    assert [(s.path, s.status, s.note) for s in parts] == [(s.path, s.status, s.note) for s in whole]
    assert [number_of(s.crop.rgb) for s in parts if s.crop] == list(range(N))
    for one, other in zip(parts, whole, strict=True):
        assert one.crop is not None
        assert other.crop is not None
        np.testing.assert_array_equal(one.crop.rgb, other.crop.rgb)


@pytest.mark.parametrize("part", [1, 7, 29])
def test_of_a_cut_video_all_good_frames_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    path = cut_clip(tmp_path / "cut.mp4")
    n_good = videos.video_info(path).n_frames
    assert 0 < n_good < N
    whole, parts = read(path, N, monkeypatch), read(path, part, monkeypatch)
    assert [(s.path, s.status) for s in parts] == [(s.path, s.status) for s in whole]
    assert [s.status.ok for s in parts] == [True] * n_good + [False] * (N - n_good)


def test_what_is_no_video_is_one_failure_in_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    samples = read(path, 7, monkeypatch)
    assert len(samples) == N
    assert {s.path for s in samples} == {str(path)}
    assert {s.status for s in samples} == {read(path, N, monkeypatch)[0].status}


def test_no_more_than_two_parts_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crops, "PART", 5)
    path = write_clip(tmp_path / "a.mp4", N)
    seen: list[weakref.ref[np.ndarray]] = []
    most = 0
    for sample in read_samples(sources_of(path), None):
        assert sample.crop is not None
        assert sample.crop.colours is not None
        seen.append(weakref.ref(sample.crop.colours))
        del sample
        most = max(most, sum(one() is not None for one in seen))
    assert len(seen) == N
    assert 0 < most <= 2 * 5

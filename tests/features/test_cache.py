"""The cache of stages: the same numbers, less work, and nothing believed that could come out otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.errors import UnreadableImageError
from facespectra.features import FeatureTable
from facespectra.features.status import NO_FACE, NO_MEMORY, OK, unreadable
from facespectra.features.table import concat_columns

for _package in ("sklearn", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

from facespectra.cli import main  # noqa: E402
from facespectra.cli.console import progress_bar  # noqa: E402
from facespectra.features import crops as samples  # noqa: E402
from facespectra.features import video_pass  # noqa: E402
from facespectra.features.status import Status  # noqa: E402
from facespectra.rendered.database import render_face  # noqa: E402


@pytest.fixture
def faces(tmp_path: Path) -> list[str]:
    """Three faces, one picture without one, and one file that is no picture."""
    rng = np.random.default_rng(4)
    paths = [tmp_path / f"{index}.png" for index in range(5)]
    for path in paths[:3]:
        render_face(rng, 120).save(path)
    Image.new("RGB", (64, 64), "grey").save(paths[3])
    paths[4].write_bytes(b"no picture")
    return [str(path) for path in paths]


def assert_same(one: FeatureTable, other: FeatureTable) -> None:
    assert (one.paths, one.statuses, one.boxes) == (other.paths, other.statuses, other.boxes)
    assert one.matrix.dtype == other.matrix.dtype
    np.testing.assert_array_equal(one.matrix, other.matrix)


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    calls: list[object] = []
    original = getattr(owner, name)

    def counted(*args: object, **more: object) -> object:
        calls.append(args)
        return original(*args, **more)

    monkeypatch.setattr(owner, name, counted)
    return calls


@pytest.mark.parametrize("crop", [True, False])
def test_a_detector_with_a_cache_sees_the_same(faces: list[str], tmp_path: Path, crop: bool) -> None:
    settings = {"crop": crop, "feature_settings": {"n_features": 20}}
    plain = fs.Detector(**settings).extract(faces)
    assert plain.ok.sum() == (3 if crop else 4)
    cached = fs.Detector(**settings, cache=tmp_path / "cache")
    steps: list[tuple[int, int]] = []
    assert_same(cached.extract(faces), plain)
    assert_same(cached.extract([Path(path) for path in faces], progress=lambda *at: steps.append(at)), plain)
    assert steps == [(done, 5) for done in range(1, 6)]
    # Images in memory have no content that is worth a key: they go the plain way.
    (alone,) = cached.extract([Image.open(faces[0])]).matrix
    np.testing.assert_array_equal(alone, plain.matrix[0])


def test_only_what_is_new_is_computed(
    faces: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def extracted(features: str, **settings: object) -> FeatureTable:
        return fs.Detector(features, "logistic", cache=tmp_path / "cache", **settings).extract(faces)

    found = count_calls(monkeypatch, fs.FaceCropper, "search")
    first = extracted("spectrum")
    assert len(found) == 4
    read = count_calls(monkeypatch, samples, "crop_image")
    assert_same(extracted("spectrum", seed=7), first)
    # Only the file that could not be read is tried again, and is none.
    assert (len(found), len(read)) == (4, 0)
    extracted("regions")
    extracted("spectrum", feature_settings={"convention": "isotropic"})
    assert (len(found), len(read)) == (4, 6)  # the faces are known, the three crops are read again
    render_face(np.random.default_rng(9), 120).save(faces[0])
    assert not np.array_equal(extracted("spectrum").matrix[0], first.matrix[0])
    assert len(found) == 5
    extracted("spectrum", crop_settings={"margin": 0.1})
    assert len(found) == 9


def test_what_could_not_be_read_is_tried_again(
    faces: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fs.Detector(cache=tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setenv("FACESPECTRA_MAX_PIXELS", "5000")
        statuses = detector.extract(faces[:4]).statuses
        assert [status.unreadable for status in statuses] == [True, True, True, False]
    assert detector.extract(faces[:4]).statuses == [OK, OK, OK, NO_FACE]


def test_a_lack_of_memory_is_not_kept(
    faces: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fs.Detector(cache=tmp_path / "cache")

    def scarce(*_: object) -> object:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(detector.feature_set, "extract", scarce)
        table = detector.extract(faces[:2])
        assert table.statuses == [NO_MEMORY, NO_MEMORY]
    assert detector.extract(faces[:2]).statuses == [OK, OK]


def test_a_file_that_goes_between_two_stages_is_named(
    faces: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs.Detector(cache=tmp_path / "cache").extract(faces[:3])
    detector = fs.Detector("regions", "logistic", cache=tmp_path / "cache")

    def gone(path: object, **_: object) -> object:
        raise UnreadableImageError(path, "it is gone")

    with monkeypatch.context() as patch:
        patch.setattr("facespectra.images.read_noted", gone)
        assert set(detector.extract(faces[:3]).statuses) == {unreadable("it is gone")}
    assert detector.extract(faces[:3]).statuses == [OK] * 3


def test_batches_without_a_face_do_not_change_the_precision(tmp_path: Path) -> None:
    for index in range(65):
        Image.new("L", (40, 40), index).save(tmp_path / f"{index:03}.png")
    face = tmp_path / "face.png"
    render_face(np.random.default_rng(4), 120).save(face)
    paths = [*sorted(map(str, tmp_path.glob("0*.png"))), str(face)]
    detector = fs.Detector(cache=tmp_path / "cache")
    for _ in range(2):
        assert detector.extract(paths).matrix.dtype == np.float32


def test_joining_a_table_without_features_keeps_the_precision() -> None:
    def table(status: Status, dtype: type) -> FeatureTable:
        return FeatureTable(["a"], [status], [None], np.ones((1, 2), dtype))

    joined = concat_columns(table(unreadable("x"), np.float64), table(OK, np.float32))
    assert joined.matrix.dtype == np.float32
    assert joined.statuses == [unreadable("x")]
    assert np.isnan(joined.matrix).all()


def test_frames_of_a_video_are_decoded_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    clip = str(write_clip(tmp_path / "a.mp4", 20, noise=1))
    broken = tmp_path / "b.mp4"
    broken.write_bytes(b"no video")
    frames = [fs.videos.Frame(clip, index) for index in (2, 5, 9)]
    sources = [*frames, *(fs.videos.Frame(str(broken), index) for index in (0, 1))]
    settings = {"crop": False, "feature_settings": {"n_features": 10}}
    plain = fs.Detector(**settings).extract(sources)
    assert plain.ok.tolist() == [True] * 3 + [False] * 2
    decoded = count_calls(monkeypatch, video_pass, "read_pixels")
    cached = fs.Detector(**settings, cache=tmp_path / "cache")
    assert_same(cached.extract(sources), plain)
    assert [call[1] for call in decoded if call[0] == clip] == [[2, 5, 9]]
    assert_same(cached.extract(sources), plain)
    other = fs.Detector(crop=False, feature_settings={"n_features": 12}, cache=tmp_path / "cache")
    other.extract(sources)
    assert [call[1] for call in decoded if call[0] == clip] == [[2, 5, 9]] * 2


@pytest.mark.slow
def test_networks_of_other_precisions_have_entries_of_their_own(faces: list[str], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the torch extra")
    from resnet import make_state

    weights = tmp_path / "w.pth"
    torch.save(make_state(), weights)

    def extracted(features: str, precision: str) -> FeatureTable:
        made = fs.Detector(
            features, weights=weights, precision=precision, crop=False, cache=tmp_path / "cache"
        )
        return made.extract(faces[:2])

    exact, rough = extracted("resnet50", "float32"), extracted("resnet50", "bfloat16")
    assert not np.array_equal(exact.matrix, rough.matrix)
    assert_same(extracted("resnet50", "float32"), exact)
    before = sorted((tmp_path / "cache/resnet50").rglob("*"))
    fused = extracted("fusion", "float32")
    np.testing.assert_array_equal(fused.matrix[:, :2048], exact.matrix)
    assert fused.matrix.dtype == np.float32
    assert sorted((tmp_path / "cache/resnet50").rglob("*")) == before


@pytest.mark.slow
def test_commands_give_the_same_with_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for label in ("real", "fake"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for index in range(6):
            face = render_face(rng, 100, camera="A" if label == "real" else "B")
            face.save(tmp_path / "set" / label / f"{index}.png")
    data, cache = str(tmp_path / "set"), ["--cache", str(tmp_path / "cache")]

    def scores(name: str, *more: str) -> list[str]:
        model, out = str(tmp_path / "model.skops"), tmp_path / name
        assert main(["train", data, "-o", model, "--classifier", "svm-linear", *more]) == 0
        assert main(["evaluate", data, "-m", model, "-o", str(out), "--robustness", "0", *more]) == 0
        capfd.readouterr()
        assert main(["score", data, "-m", model, "--format", "csv", *more]) == 0
        return [(out / "scores.csv").read_text(), capfd.readouterr().out]

    plain = scores("plain")
    assert scores("first", *cache) == plain
    found = count_calls(monkeypatch, fs.FaceCropper, "search")
    assert scores("second", *cache) == plain
    assert not found


def test_the_bar_shows_the_rate(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with progress_bar("work") as update:
        for done in range(1, 50):
            update(done, 50)
    assert "/s" in capfd.readouterr().err

"""False alarms on real faces of other sources: what is counted, what is warned of, where it is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from commands import save_texture
from facespectra.cli import main
from facespectra.errors import DatasetError
from facespectra.features.status import Kind
from facespectra.rendered.database import render_database, render_face
from facespectra.report import evaluation
from facespectra.report.alarms import FalseAlarms, list_sources, measure_false_alarms, warning
from pages import Page

for _package in ("sklearn", "skops", "lz4", "matplotlib", "jinja2", "pandas", "PIL"):
    pytest.importorskip(_package, reason="needs the detect extra")


def alarms(n: int, n_called_fake: int) -> FalseAlarms:
    return FalseAlarms(source="real<b>", n=n, n_called_fake=n_called_fake, n_no_face=0, n_unreadable=0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of whole images: noise is real, noise at half the resolution is fake."""
    folder = tmp_path_factory.mktemp("noise")
    for i in range(12):
        save_texture(folder / "set/real" / f"{i}.png", fake=False, seed=i)
        save_texture(folder / "set/fake" / f"{i}.png", fake=True, seed=100 + i)
    path = folder / "noise.model"
    assert main(["train", str(folder / "set"), "-o", str(path), "--whole", "--n-features", "20"]) == 0
    return path


@pytest.mark.parametrize(("n", "called"), [(400, 376), (100, 0), (7, 7), (60, 3), (1, 0)])
def test_the_interval_is_wilsons(n: int, called: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(called, n).proportion_ci(0.95, "wilson")
    found = alarms(n, called)
    assert found.rate == called / n
    assert found.ci95 == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.too_many == (expected.low > 0.05)


def test_only_a_rate_that_is_surely_above_the_promise_is_warned_of() -> None:
    assert warning(alarms(400, 376), "own.skops") == (
        "own.skops calls 94 % of the real faces in real<b> fake: it may know the source of its training "
        "pictures and not the fakes (docs/model_card.md)"
    )
    # 3 of 30 is twice the promise, and may be luck.
    assert warning(alarms(30, 3), "own.skops") is None
    assert warning(alarms(300, 30), "own.skops") is not None
    assert warning(alarms(0, 0), "own.skops") == (
        "there is no face with a score in real<b>: no false-alarm rate for it"
    )
    assert (alarms(0, 0).rate, alarms(0, 0).ci95, alarms(0, 0).too_many) == (None, None, False)


def test_each_source_stands_for_itself(tmp_path: Path) -> None:
    paths = [save_texture(tmp_path / name / "0.png", fake=False, seed=0) for name in "ab"]
    pattern = str(tmp_path / "*/0.png")
    found = list_sources([tmp_path / "a", str(paths[1]), pattern])
    assert found == {str(tmp_path / "a"): paths[:1], str(paths[1]): paths[1:], pattern: paths}
    assert list_sources(tmp_path) == {str(tmp_path): paths}
    with pytest.raises(DatasetError, match=r"no file or folder .*nowhere; alarms takes folders"):
        list_sources([tmp_path, tmp_path / "nowhere"])


def test_a_video_counts_once_with_the_mean_of_its_frames(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    clip = write_clip(tmp_path / "a.mp4", 12, noise=1)
    picture = save_texture(tmp_path / "b.png", fake=True, seed=7)
    detector = fs.load(model)
    of_frames = detector.score([fs.videos.Frame(str(clip), k) for k in fs.videos.spread(12, 4)])
    assert of_frames.min() < of_frames.mean() < of_frames.max()
    for threshold, expected in ((of_frames.mean(), 1), (np.nextafter(of_frames.mean(), np.inf), 0)):
        detector.threshold_ = float(threshold)
        found = measure_false_alarms(detector, "x", [clip], frames=4, per_video="mean")
        assert (found.n, found.n_called_fake) == (1, expected)
        most = measure_false_alarms(detector, "x", [clip], frames=4, per_video="max")
        assert (most.n, most.n_called_fake) == (1, 1)
    both = measure_false_alarms(fs.load(model), "x", [clip, picture], frames=4, per_video="mean")
    assert both.n == 2


def test_an_unreadable_video_is_one_file(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    (tmp_path / "bad.mp4").write_bytes(b"nothing")
    good = save_texture(tmp_path / "good.png", fake=False, seed=0)
    files = [tmp_path / "bad.mp4", good]
    found = measure_false_alarms(fs.load(model), "x", files, frames=4, per_video="mean")
    assert (found.n, found.n_no_face, found.n_unreadable) == (1, 0, 1)
    assert [(path, status.kind) for path, status in found.unreadable] == [(str(files[0]), Kind.UNREADABLE)]


def test_real_faces_are_measured_beside_the_data_set(tmp_path: Path) -> None:
    from PIL import Image

    render_database(tmp_path / "set", "Task_1", n_people=8, pictures=1, seed=0)
    other = tmp_path / "other <marked>"
    other.mkdir()
    rng = np.random.default_rng(3)
    faces = [other / f"{i}.png" for i in range(4)]
    for path in faces:
        render_face(rng, camera="B").save(path)
    Image.new("RGB", (200, 200), "grey").save(other / "wall.png")
    detector = fs.load()
    plain = evaluation.run(detector, tmp_path / "set", tmp_path / "plain", robustness=0)
    lines: list[str] = []
    found = evaluation.run(
        detector, tmp_path / "set", tmp_path / "out", robustness=0, alarms=[other], notify=lines.append
    )
    (measured,) = found.alarms
    scores = detector.score(faces)
    assert not np.isnan(scores).any()
    assert (measured.n, measured.n_no_face, measured.n_unreadable) == (4, 1, 0)
    assert measured.n_called_fake == np.sum(scores >= detector.threshold_)
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert metrics.pop("alarms") == [measured.to_dict()]
    assert measured.to_dict()["source"] == str(other)
    # What is said of the data set stays the same to the bit.
    assert metrics == json.loads((tmp_path / "plain/metrics.json").read_text())
    for name in ("scores.csv", "roc.csv", "roc.svg"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert plain.alarms == ()
    assert found.warnings[: len(plain.warnings)] == plain.warnings
    assert lines == [f"warning: {text}" for text in found.warnings]
    page = Page((tmp_path / "out/report.html").read_text())
    assert "alarms" in page.ids
    assert "marked" not in page.tags
    cells = [str(other), 4, measured.n_called_fake, measured.rate_in_words, 1, 0]
    assert "".join(map(str, cells)) in page.text
    without = Page((tmp_path / "plain/report.html").read_text())
    assert "alarms" not in without.ids
    assert "#alarms" not in without.links
    assert "Real faces of other sources" not in without.text


def test_what_was_measured_before_a_failure_is_kept(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = model.parent / "set"
    for name in ("first", "second"):
        shutil.copytree(noise / "real", tmp_path / name)
    true_measure = evaluation.measure_false_alarms

    def stopped(detector: fs.Detector, source: str, *rest: object, **more: object) -> FalseAlarms:
        if source.endswith("second"):
            raise KeyboardInterrupt
        return true_measure(detector, source, *rest, **more)

    monkeypatch.setattr(evaluation, "measure_false_alarms", stopped)
    sources = [tmp_path / "first", tmp_path / "second"]
    with pytest.raises(KeyboardInterrupt):
        evaluation.run(fs.load(model), noise, tmp_path / "out", alarms=sources)
    metrics = json.loads((tmp_path / "out/metrics.json").read_text())
    assert [one["source"] for one in metrics["alarms"]] == [str(tmp_path / "first")]
    assert (tmp_path / "out/scores.csv").exists()

"""``evaluate``, ``score`` and ``predict`` of the same files: one score, one status, to the last digit."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from commands import one_line, read_rows, save_texture
from facespectra.cli import main
from facespectra.errors import DatasetError
from facespectra.rendered.database import render_face
from facespectra.report import evaluation
from pages import Page

for _package in ("sklearn", "skops", "lz4", "matplotlib", "jinja2", "pandas", "PIL", "av"):
    pytest.importorskip(_package, reason="needs the detect extra")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips and pictures of noise, in two classes."""
    from clips import write_clip

    folder = tmp_path_factory.mktemp("clips")
    for k in range(3):
        for label, name in enumerate(("real", "fake")):
            write_clip(folder / name / f"{k}.mp4", 6, noise=10 * label + k)
            save_texture(folder / name / f"{k}.png", fake=bool(label), seed=k)
    return folder


@pytest.fixture
def doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped model can't tell about every other face, as its features have it."""
    classifier = type(fs.load().pipeline_[-1])

    def reason(self: Any, features: np.ndarray, width: float) -> str:
        return "a face of noise" if int(abs(features.sum()) * 1e4) % 2 else ""

    monkeypatch.setattr(classifier, "abstention_reason", reason)


@pytest.mark.usefixtures("doubtful")
@pytest.mark.parametrize("rule", ["mean", "median", "max"])
def test_score_evaluate_and_predict_agree_on_videos(clips: Path, tmp_path: Path, rule: str) -> None:
    out, table = tmp_path / "run", tmp_path / "s.csv"
    options = ["--faces", "whole", "--frames", "4", "--per-video", rule]
    assert main(["evaluate", str(clips), "--out", str(out), "--robustness", "0", *options]) == 0
    assert main(["score", str(clips), "-o", str(table), *options]) == 0
    scored = {row["path"]: row for row in read_rows(table)}
    joined = {row["path"]: row for row in read_rows(out / "videos.csv")}
    assert scored.keys() == joined.keys()
    paths = list(joined)
    verdicts = fs.load().predict(paths, frames=4, faces="whole", per_video=rule)
    for path, verdict in zip(paths, verdicts, strict=True):
        assert float(joined[path]["score"]) == float(scored[path]["score"]) == verdict.score
    # Frames that can't be told are in the file, and in no score of a video that has others.
    frames = [row for row in read_rows(out / "scores.csv") if row["frame"]]
    doubts = [row for row in frames if row["status"].startswith("cannot-tell")]
    assert 0 < len(doubts) < len(frames)
    assert any(not row["joined"].endswith("of 4 of 4 frames") for row in joined.values() if row["joined"])
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["aggregate_rule"].startswith(rule)
    assert metrics["n_cannot_tell"] == sum(
        row["status"].startswith("cannot-tell") for row in read_rows(out / "scores.csv")
    )
    labels = [int(row["label"]) for row in joined.values()]
    expected = fs.evaluate(labels, [float(row["score"]) for row in joined.values()])
    assert metrics["video_auc"] == expected.auc
    assert f"For {metrics['n_cannot_tell']} of 30 faces" in Page((out / "report.html").read_text()).text


@pytest.mark.usefixtures("doubtful")
def test_frames_have_the_status_that_score_gives_them(clips: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "run", tmp_path / "s.csv"
    options = ["--faces", "whole", "--frames", "4"]
    assert main(["evaluate", str(clips), "--out", str(out), "--robustness", "0", *options]) == 0
    assert main(["score", str(clips), "-o", str(table), "--per-frame", *options]) == 0

    def name(row: dict[str, str]) -> str:
        return f"{row['path']} (frame {row['frame']})" if row.get("frame") else row["path"]

    expected = {name(row): (row["score"], row["status"]) for row in read_rows(table)}
    assert {name(row): (row["score"], row["status"]) for row in read_rows(out / "scores.csv")} == expected


@pytest.mark.slow
def test_every_face_or_the_largest_is_scored_as_asked(tmp_path: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(2)
    for name in ("real", "fake"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for k in range(2):
            faces = [render_face(rng, camera="A") for _ in range(2)]
            both = Image.new("RGB", (faces[0].width + faces[1].width, max(one.height for one in faces)))
            both.paste(faces[0], (0, 0))
            both.paste(faces[1], (faces[0].width, 0))
            both.save(tmp_path / "set" / name / f"{k}.png")
    detector = fs.load()
    for faces_wanted in ("all", "largest"):
        found = evaluation.run(
            detector, tmp_path / "set", tmp_path / faces_wanted, faces=faces_wanted, robustness=4
        )
        expected = detector.score(found.paths, faces=faces_wanted)
        np.testing.assert_array_equal(found.scores, expected)
        assert found.sweep is not None
        np.testing.assert_array_equal(found.sweep.unchanged.scores, expected[found.sweep.samples])
        assert json.loads((tmp_path / faces_wanted / "metrics.json").read_text())["faces"] == faces_wanted
    text = Page((tmp_path / "all/report.html").read_text()).text
    assert "the most suspicious of all, by MTCNN" in text


def test_one_class_alone_is_found_before_the_work(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the work was begun")

    monkeypatch.setattr(fs.Detector, "extract", refuse)
    manifest = fs.read_dataset(clips)
    with pytest.raises(DatasetError, match="6 real and 0 fake"):
        evaluation.run(fs.load(), manifest[manifest["label"] == 0], tmp_path / "out")
    manifest[manifest["label"] == 1].to_csv(tmp_path / "m.csv", index=False)
    assert main(["evaluate", str(tmp_path / "m.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "samples of both classes, got 0 real and 6 fake" in one_line(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_faces_that_were_cut_out_are_proposed_where_most_samples_have_none(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(clips), "--out", str(tmp_path / "out"), "--frames", "2"]
    assert main(arguments) == 2
    warned, refused = capsys.readouterr().err.splitlines()
    assert "no face was found in 18 of 18 samples" in warned
    assert "add --faces whole" in warned
    assert "18 without a score left out" in refused
    assert main([*arguments, "--faces", "whole", "--robustness", "0"]) == 0
    assert capsys.readouterr().err == ""


def test_what_a_figure_is_of_stands_beside_it(clips: Path, tmp_path: Path) -> None:
    import shutil
    from hashlib import sha256

    from facespectra.detector.loading import DEFAULT_MODEL

    shutil.copytree(clips, tmp_path / "elsewhere")
    found = []
    for folder in (clips, tmp_path / "elsewhere"):
        out = tmp_path / f"out-{folder.name}"
        evaluation.run(fs.load(), folder, out, faces="whole", frames=2, robustness=0)
        found.append(json.loads((out / "metrics.json").read_text()))
    assert found[0]["data_sha256"] == found[1]["data_sha256"]
    lines = sorted(
        f"{name}/{k}{end}\t{frame}\t{label}\n"
        for label, name in enumerate(("real", "fake"))
        for k in range(3)
        for end, frames in ((".png", ("",)), (".mp4", fs.videos.spread(6, 2)))
        for frame in frames
    )
    assert found[0]["data_sha256"] == sha256("".join(lines).encode()).hexdigest()
    assert found[0]["model_sha256"] == sha256(DEFAULT_MODEL.read_bytes()).hexdigest()
    assert (found[0]["schema"], found[0]["version"]) == (2, fs.__version__)
    assert sum(found[0]["confusion"].values()) == found[0]["n"]


def test_weak_signs_and_doubt_are_no_false_alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facespectra.report.alarms import measure_false_alarms

    files = [save_texture(tmp_path / f"{k}.png", fake=bool(k % 2), seed=k) for k in range(8)]
    detector = fs.load()
    scores = detector.score(files, faces="whole")
    detector.threshold_ = float(np.median(scores))
    plain = measure_false_alarms(detector, "x", files, frames=1, per_video="mean", faces="whole")
    verdicts = detector.predict(files, faces="whole")
    counted = [verdict.label for verdict in verdicts]
    assert plain.n == 8
    assert plain.n_called_fake == counted.count("swap")
    assert plain.n_cannot_tell == counted.count("cannot-tell")
    monkeypatch.setattr(type(detector.pipeline_[-1]), "abstention_reason", lambda *_: "testing")
    unsure = measure_false_alarms(detector, "x", files, frames=1, per_video="mean", faces="whole")
    assert (unsure.n, unsure.n_called_fake, unsure.n_cannot_tell, unsure.rate) == (8, 0, 8, 0)


def test_a_model_is_held_to_what_its_own_training_gave(tmp_path: Path) -> None:
    from facespectra.report.alarms import promised_rate
    from textures import save_textures, whole_image_detector

    assert promised_rate(fs.load()) == 0.05
    detector = whole_image_detector().fit(save_textures(tmp_path))
    assert detector.held_out_scores_ is not None
    recorded = detector.training_["held_out_false_alarms"]
    assert math.isclose(recorded, np.mean(detector.held_out_scores_[::2] >= detector.threshold_))
    detector.training_["held_out_false_alarms"] = 0.2
    assert promised_rate(detector) == 0.2
    detector.training_["held_out_false_alarms"] = 0.0
    assert promised_rate(detector) == 0.05
    del detector.training_["held_out_false_alarms"]
    assert promised_rate(detector) == 0.05

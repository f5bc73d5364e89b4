"""``facespectra score``: one line for each input, the same alone and in a batch."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facespectra as fs
from facespectra.cli import main
from facespectra.rendered.database import render_face


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("score")
    for seed in range(3):
        (folder / f"video_{seed % 2}").mkdir(exist_ok=True)
        render_face(np.random.default_rng(seed + 5), 224).save(folder / f"video_{seed % 2}" / f"{seed}.png")
    Image.new("RGB", (80, 80), (120, 120, 120)).save(folder / "wall.png")
    render_face(np.random.default_rng(5), 224).resize((80, 80)).save(folder / "small.png")
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_line_each_in_the_order_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = [folder / "wall.png", folder / "video_1" / "1.png", folder / "small.png", folder / "broken.jpg"]
    assert main(["score", *map(str, sources), "--format", "jsonl"]) == 1
    captured = capsys.readouterr()
    found = lines(captured.out)
    assert [one["path"] for one in found] == [str(source) for source in sources]
    wall, face, small, broken = found
    assert (wall["status"], wall["score"], wall["label"], wall["box"]) == ("no-face", None, None, None)
    assert face["status"] == "ok"
    threshold = fs.load().threshold_
    assert face["label"] == (
        "swap" if face["score"] >= threshold else "cannot-tell" if face["score"] > 0.5 else "no-swap-found"
    )
    assert face["threshold"] == threshold
    assert face["faces"] == 1
    assert str(small["status"]).startswith("cannot-tell: a face of ")
    assert small["label"] == "cannot-tell"
    assert 0 < small["score"] < 1
    assert str(broken["status"]).startswith("unreadable: ")
    assert captured.err.count("broken.jpg") == 1


def test_alone_together_and_in_python_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = sorted(folder.glob("video_*/*.png"))
    assert main(["score", str(folder / "video_*" / "*.png"), "--format", "jsonl"]) == 0
    together = {one["path"]: one["score"] for one in lines(capsys.readouterr().out)}
    for image in images:
        assert main(["score", str(image), "--format", "jsonl"]) == 0
        assert lines(capsys.readouterr().out)[0]["score"] == together[str(image)]
    assert fs.load().score(images).tolist() == [together[str(image)] for image in images]
    arrays = [np.asarray(Image.open(image)) for image in images]
    assert fs.load().score_images(arrays).tolist() == [together[str(image)] for image in images]


def test_csv_reads_back_and_the_table_is_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folder / "video_0"), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    expected = fs.load().score_samples([row["path"] for row in rows])
    assert [float(row["score"]) for row in rows] == [one.score for one in expected]
    assert [tuple(int(row[k]) for k in ("x0", "y0", "x1", "y1")) for row in rows] == [
        one.box for one in expected
    ]
    assert main(["score", str(folder / "video_0")]) == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 2
    assert f"{expected[0].score:.3f}" in table[0]


def test_frames_of_a_folder_are_averaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folder / "video_0"), "--per-folder", "--format", "jsonl"]) == 0
    (mean,) = lines(capsys.readouterr().out)
    frames = fs.load().score(sorted((folder / "video_0").iterdir()))
    assert mean["path"] == str(folder / "video_0")
    assert math.isclose(float(str(mean["score"])), frames.mean())
    assert mean["note"] == "mean of 2 of 2 frames"


def test_a_list_comes_from_stdin(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{folder / 'wall.png'}\n\n{folder / 'missing.png'}\n"))
    assert main(["score", "-", "--format", "jsonl"]) == 1
    wall, missing = lines(capsys.readouterr().out)
    assert wall["status"] == "no-face"
    assert "there is no such file" in str(missing["status"])


def test_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folder), "--format", "xml"]) == 2
    assert main(["score", str(folder / "broken.jpg")]) == 2
    assert main(["score", str(folder / "*.tif")]) == 2
    assert main(["score", str(folder), "-m", str(folder / "missing.skops")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 5  # one line each, and the file that could not be read


def test_evaluate_uses_the_shipped_model_too(folder: Path, tmp_path: Path) -> None:
    images = sorted(folder.glob("video_*/*.png"))
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,label\n" + "".join(f"{image},{k % 2}\n" for k, image in enumerate(images)))
    assert main(["evaluate", str(manifest), "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "scores.csv").open() as file:
        scores = [float(row["score"]) for row in csv.DictReader(file)]
    assert scores == fs.load().score(images).tolist()
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["model"] == "default"


def test_a_video_is_one_line_and_its_frames_are_one_each(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import cut_clip, cut_off, write_clip

    image, clip = folder / "wall.png", write_clip(tmp_path / "a.mp4", 8)
    broken = cut_off(cut_clip(tmp_path / "cut.mp4"), 0.05)
    write_clip(tmp_path / "photo.mp4", 6, picture_file=folder / "video_0" / "0.png")
    sources = [str(clip), str(image), str(broken), str(tmp_path / "photo.mp4")]
    assert main(["score", *sources, "--frames", "3", "--format", "jsonl"]) == 1
    captured = capsys.readouterr()
    found = lines(captured.out)
    assert [one["path"] for one in found] == sources
    assert [str(one["status"])[:18] for one in found[:3]] == ["no-face", "no-face", "unreadable: it has"]
    assert captured.err.count("cut.mp4") == 1
    assert found[3]["note"] == "mean of 3 of 3 frames"
    assert len(found[3]["frames"]) == 3
    # The same number from Python, and from the frames one by one.
    assert found[3]["score"] == pytest.approx(fs.load().score([sources[3]], frames=3)[0], abs=1e-12)
    assert main(["score", sources[3], "--frames", "3", "--per-frame", "--format", "jsonl"]) == 0
    frames = lines(capsys.readouterr().out)
    assert [one["path"] for one in frames] == [f"{sources[3]} (frame {k})" for k in (1, 3, 5)]
    values = [float(str(one["score"])) for one in frames]
    assert found[3]["score"] == pytest.approx(np.mean(values), abs=1e-12)
    assert main(["score", sources[3], "--frames", "3", "--per-video", "max", "--format", "jsonl"]) == 0
    assert lines(capsys.readouterr().out)[0]["score"] == max(values)
    assert main(["score", sources[3], "--frames", "all", "--format", "jsonl"]) == 0
    assert lines(capsys.readouterr().out)[0]["note"] == "mean of 6 of 6 frames"
    for wrong in ("0", "-1", "1.5", "some", "10" * 20):
        assert main(["score", sources[3], "--frames", wrong]) == 2
        assert "neither a whole number of at least 1 nor all" in capsys.readouterr().err
    assert main(["score", sources[3], "--per-video", "sum"]) == 2


def test_of_several_models_the_first_that_labels_it_fake_decides(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [str(path) for path in sorted(folder.glob("video_*/*.png"))]
    # Of the same pictures, one model calls the darker half fake and the other one the rest.
    spectra = [fs.Detector(classifier="svm-linear", seed=seed) for seed in (0, 1)]
    table = spectra[0].extract(images)
    labels = [0, 1, 1]
    for detector, given in zip(spectra, (labels, [1 - label for label in labels]), strict=True):
        detector.fit_features(table, given, ["a", "b", "c"]).save(tmp_path / f"{detector.seed}.skops")
    models = [str(tmp_path / f"{seed}.skops") for seed in (0, 1)]
    arguments = ["score", *images, str(folder / "wall.png"), "-m", models[0], "-m", models[1]]
    assert main([*arguments, "--format", "jsonl"]) == 0
    found = lines(capsys.readouterr().out)
    alone = [
        {one: (score, detector.threshold_) for one, score in zip(images, detector.score(images), strict=True)}
        for detector in spectra
    ]
    for one in found[:-1]:
        says_fake = [scores[one["path"]][0] >= scores[one["path"]][1] for scores in alone]
        who = says_fake.index(True) if any(says_fake) else 0
        assert one["model"] == models[who]
        assert one["score"] == alone[who][one["path"]][0]
        assert one["label"] == ("fake" if any(says_fake) else "real")
    assert {one["model"] for one in found[:-1]} == set(models)
    assert (found[-1]["status"], found[-1]["score"]) == ("no-face", None)
    assert main([*arguments, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["model"] for row in rows] == [one["model"] for one in found]
    assert main(["score", images[0], "-m", "default", "-m", models[0]]) == 0
    said = capsys.readouterr().out
    assert any(f"  {name}" in said for name in ("default", models[0]))


def test_score_and_evaluate_agree_to_the_last_digit(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = sorted(folder.glob("video_*/*.png"))
    manifest = tmp_path / "m.csv"
    rows = [f"{image},{k % 2},{k}" for k, image in enumerate(images)]
    manifest.write_text("\n".join(["path,label,group", *rows, f"{folder / 'wall.png'},0,wall"]) + "\n")
    assert main(["evaluate", str(manifest), "--out", str(tmp_path / "run"), "--robustness", "0"]) == 0
    with (tmp_path / "run/scores.csv").open(newline="") as file:
        evaluated = {row["path"]: row["score"] for row in csv.DictReader(file)}
    capsys.readouterr()
    assert main(["score", *map(str, images), str(folder / "wall.png"), "--format", "csv"]) == 0
    scored = {row["path"]: row["score"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert scored == evaluated
    assert scored[str(folder / "wall.png")] == ""


def test_models_that_are_none_are_refused_in_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.detector.loading import DEFAULT_MODEL
    from facespectra.detector.model_file import HEADER

    good = DEFAULT_MODEL.read_bytes()
    by_skops = Path(__file__).parents[1] / "data" / "model_0.1.0.skops"

    def changed(model: Path, name: str, change: Callable[[bytes], bytes]) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(model) as source, zipfile.ZipFile(target, "w") as archive:
            for member in source.namelist():
                data = source.read(member)
                archive.writestr(member, change(data) if member == name else data)
        return target.getvalue()

    newer = changed(DEFAULT_MODEL, HEADER, lambda _: b'{"format": 99, "facespectra": "9.9"}')
    pipeline, program = b'"__class__": "Pipeline"', b'"__class__": "Popen"'
    cases = {
        "cut": (good[: len(good) // 2], "damaged"),
        "newer": (newer, "upgrade facespectra"),
        "hostile": (
            changed(by_skops, "schema.json", lambda data: data.replace(pipeline, program, 1)),
            "refused",
        ),
        "text": (b"no model at all", "not a model"),
    }
    for name, (content, message) in cases.items():
        model = tmp_path / f"{name}.model"
        model.write_bytes(content)
        for command in (["score", str(folder)], ["explain", "a.png", "-o", str(tmp_path / "a.svg")]):
            assert main([*command, "-m", str(model)]) == 2
            (line,) = capsys.readouterr().err.splitlines()
            assert message in line
            assert str(model) in line

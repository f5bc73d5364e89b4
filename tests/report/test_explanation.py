"""One image explained: figures, files of every kind, and one line where there is nothing to explain."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.errors import FacespectraError
from facespectra.rendered.database import render_face
from facespectra.report.explanation import explain_faces
from pages import Page

for _package in ("sklearn", "skops", "lz4", "pandas", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


def texture(rng: np.random.Generator, *, fake: bool) -> np.ndarray:
    small = rng.integers(0, 256, (32, 28), dtype=np.uint8)
    return np.kron(small, np.ones((2, 2), np.uint8)) if fake else rng.integers(0, 256, (64, 56), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for k in range(24):
        kind = ("real", "fake")[k % 2]
        (folder / "set" / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(texture(rng, fake=k % 2 == 1)).save(folder / "set" / kind / f"{k:02}.png")
    Image.fromarray(np.full((80, 80), 90, np.uint8)).save(folder / "blank.png")
    render_face(np.random.default_rng(3), 176).save(folder / "<script>face.png")
    (folder / "broken.png").write_bytes(b"nothing")
    return folder


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Path]:
    found = {}
    for classifier in ("logistic", "svm-rbf"):
        found[classifier] = folder / f"{classifier}.model"
        settings = {"n_features": 30}
        detector = fs.Detector("spectrum", classifier, crop=False, feature_settings=settings)
        detector.fit(folder / "set").save(found[classifier])
    return found


@pytest.mark.parametrize("classifier", ["logistic", "svm-rbf"])
def test_figures_are_those_of_score(folder: Path, models: dict[str, Path], classifier: str) -> None:
    detector = fs.load(models[classifier])
    path = folder / "set/fake/01.png"
    found = fs.explain(path, detector)
    assert [found.score] == detector.score([path]).tolist()
    assert found.label == "fake"
    assert list(found.classes) == ["real", "fake"]
    with Image.open(path) as image:
        pixels = np.asarray(image)
    expected = fs.radial_spectrum(pixels, n_features=30)
    np.testing.assert_allclose(found.spectrum, expected, rtol=1e-6)
    amplitude = np.fft.fftshift(20 * np.log(np.abs(np.fft.fft2(pixels) + 1e-8)))
    np.testing.assert_allclose(found.log_spectrum, amplitude, rtol=1e-9)
    sizes = np.abs(list(found.contributions.values()))
    assert (np.diff(sizes) <= 0).all()
    if classifier == "logistic":
        assert found.attribution.base + sum(found.contributions.values()) == pytest.approx(found.score)


@pytest.mark.parametrize("name", ["default", "regions"])
def test_the_shipped_models_name_their_experts(folder: Path, name: str) -> None:
    judge = fs.load(name).pipeline_[-1]
    found = fs.explain(folder / "<script>face.png", fs.load(name))
    assert tuple(found.experts) == judge.expert_names
    assert len(found.experts) == (10 if name == "default" else 2)
    assert found.dominant_expert in found.experts
    assert found.probability
    total = sum(found.contributions.values())
    assert judge.calibrated(np.array([total]))[0] == pytest.approx(found.score)
    assert np.mean(list(found.experts.values())) == pytest.approx(total)
    assert found.classes == {}


@pytest.mark.parametrize("name", ["default", "regions"])
def test_regions_tint_and_sentences_are_true_to_the_numbers(folder: Path, name: str) -> None:
    detector = fs.load(name)
    path = folder / "<script>face.png"
    found = fs.explain(path, detector)
    (verdict,) = detector.predict([path])
    assert found.verdict == verdict
    total = sum(found.contributions.values())
    assert sum(region.amount for region in found.regions) == pytest.approx(total)
    names = {"inner", "mouth"} if name == "default" else {"inner", "mouth", "eyes", "skin", "ring", "face"}
    assert {region.name for region in found.regions} == names
    x0, y0, x1, y1 = found.box
    for region in found.regions:
        assert (region.outline >= (x0, y0)).all()
        assert (region.outline <= (x1, y1)).all()
    if name == "default":
        means = sum(amount for group, amount in found.contributions.items() if group.endswith("mean"))
        assert found.tint.values.sum() == pytest.approx(means, abs=1e-4)
        assert found.tint.box == found.box
    else:
        assert found.tint is None
    assert len(found.sentences) == 3
    assert all(text.endswith(".") for text in found.sentences)


def test_plain_data_is_json(folder: Path, models: dict[str, Path]) -> None:
    shipped = fs.explain(folder / "<script>face.png").to_dict()
    assert json.loads(json.dumps(shipped)) == shipped
    assert set(shipped) == {"box", "verdict", "sentences", "regions", "numbers", "tint", "spectrum"}
    assert shipped["spectrum"]["is_models_own"] is False
    assert shipped["spectrum"]["real"] is None
    assert len(shipped["spectrum"]["values"]) == 300
    assert len(shipped["numbers"]) == 12
    assert len(shipped["tint"]["values"]) == shipped["tint"]["height"]
    own = fs.explain(folder / "set/fake/01.png", fs.load(models["logistic"])).to_dict()
    assert own["spectrum"]["is_models_own"] is True
    assert len(own["spectrum"]["fake"]["mean"]) == 30
    assert own["regions"] == []
    assert own["tint"] is None


def test_every_face_of_a_picture_the_largest_first(tmp_path: Path) -> None:
    faces = [render_face(np.random.default_rng(seed), side) for seed, side in ((3, 176), (4, 240))]
    both = Image.new("RGB", (440, 260), (90, 110, 130))
    both.paste(faces[0], (10, 40))
    both.paste(faces[1], (196, 10))
    both.save(tmp_path / "both.png")
    detector = fs.load()
    found = explain_faces(tmp_path / "both.png", detector)
    assert len(found) == 2
    assert found[0].box[0] > 196 > found[1].box[2]
    (largest,) = detector.predict([tmp_path / "both.png"])
    assert found[0].score == largest.score
    assert found[0].verdict.n_faces == 2
    # Each face stands for itself.
    assert "of 2 faces" in largest.note
    assert [one.note for one in found] == ["", ""]
    assert [one.box for one in explain_faces(both, detector, limit=1)] == [found[0].box]


def test_faces_where_there_is_none(folder: Path, models: dict[str, Path]) -> None:
    assert explain_faces(folder / "blank.png") == []
    with pytest.raises(FacespectraError, match=r"broken\.png: unreadable"):
        explain_faces(folder / "broken.png")
    # Trained on whole images: the image is the face.
    (whole,) = explain_faces(folder / "set/fake/01.png", fs.load(models["logistic"]))
    assert whole.box == (0, 0, 56, 64)


@pytest.mark.slow
def test_every_kind_of_file(
    folder: Path, models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!DOCTYPE html>"}
    path = str(folder / "set/real/00.png")
    for suffix, start in starts.items():
        arguments = ["explain", path, "-m", str(models["svm-rbf"]), "-o"]
        for name in ("one", "two"):
            assert main([*arguments, str(tmp_path / f"{name}{suffix}")]) == 0
        content = (tmp_path / f"one{suffix}").read_bytes()
        assert content.startswith(start)
        assert content == (tmp_path / f"two{suffix}").read_bytes()
    ElementTree.parse(tmp_path / "one.svg")  # noqa: S314 - our own file
    assert "by occlusion" in (tmp_path / "one.svg").read_text()
    out = capsys.readouterr().out
    assert "real (threshold" in out
    assert "adds most" in out


def test_a_page_escapes_names_and_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "face.html"
    assert main(["explain", str(folder / "<script>face.png"), "-o", str(out)]) == 0
    page = Page(out.read_text())
    # Our own, and no other.
    assert page.tags.count("script") == 1
    assert "<script>face.png" in page.text
    assert str(folder) not in page.text
    found = fs.explain(folder / "<script>face.png")
    assert all(sentence in page.text for sentence in found.sentences)
    assert all(region.title[1:] in page.text for region in found.regions)
    assert fs.load().sha256 in page.text
    assert "holds no mean spectra of its training classes" in page.text
    # Of ten, those that matter most.
    assert "10 experts, the strongest scores" in page.text
    assert page.text.count(" block 0 +") + page.text.count(" block 0 -") < 10
    # The outlines on the face, its spectra, and the two tables of contributions.
    assert page.tags.count("svg") == 5
    assert page.tags.count("path") > 2
    headings = [tag for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1


def test_a_model_of_old_is_drawn_without_contributions(
    folder: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    detector = fs.load(models["svm-rbf"])
    detector.class_features_ = {}
    found = fs.explain(folder / "set/real/00.png", detector)
    assert found.contributions == {}
    text = found.save(tmp_path / "old.svg").read_text()
    assert "there are no contributions" in text
    assert "no mean spectra of its training classes" in text


def test_a_video_is_explained_as_a_whole_or_by_one_frame(
    folder: Path, models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    clip = write_clip(tmp_path / "clip.mp4", 8, size=(64, 64), noise=0)
    arguments = ["explain", str(clip), "-m", str(models["logistic"]), "-o"]
    assert main([*arguments, str(tmp_path / "a.html"), "--frames", "4"]) == 0
    said = capsys.readouterr().out
    assert "mean of 4 of 4 frames" in said
    assert "4 frames with a face were looked at" in said
    page = Page((tmp_path / "a.html").read_text())
    # Every frame has its row, and the worst three their face.
    assert page.tags.count("img") == 3
    assert page.tags.count("tr") == 5
    assert "The most suspicious frames" in page.text
    assert str(tmp_path) not in page.text
    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    for suffix, start in starts.items():
        assert main([*arguments, str(tmp_path / f"a{suffix}"), "--frames", "2"]) == 0
        assert (tmp_path / f"a{suffix}").read_bytes().startswith(start)
    capsys.readouterr()
    assert main([*arguments, str(tmp_path / "a.svg"), "--frame", "1"]) == 0
    assert "(frame 1)" in capsys.readouterr().out


def test_a_video_without_a_face_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    clip = write_clip(tmp_path / "clip.mp4", 4, size=(96, 96))
    assert main(["explain", str(clip), "-o", str(tmp_path / "a.html")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no face was found in 4 frames" in line
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("blank.png", (), "no face was found"),
        ("broken.png", (), "not an image"),
        ("missing.png", (), "missing.png: "),
        ("blank.png", ("--frame", "3"), "--frame is for videos"),
    ],
)
def test_nothing_to_explain_is_one_line(
    folder: Path,
    tmp_path: Path,
    name: str,
    more: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "a.svg"
    assert main(["explain", str(folder / name), "-o", str(out), *more]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("facespectra: ")
    assert message in line
    assert not out.exists()


def test_the_kind_of_file_is_checked_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "missing.png", "-o", str(tmp_path / "a.txt")]) == 2
    assert ".svg, .png, .pdf or .html" in capsys.readouterr().err
    with pytest.raises(FacespectraError, match="the image: no face"):
        fs.explain(np.full((64, 64), 90, np.uint8))

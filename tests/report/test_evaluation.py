"""The report of an evaluation: what it says, what it shows, and how it looks in a browser."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.errors import MissingExtraError
from facespectra.features.status import unreadable
from facespectra.features.table import FeatureTable
from facespectra.rendered.database import render_database
from facespectra.report import evaluation
from facespectra.report import text as words
from facespectra.report.robustness import DEGRADATIONS, sweep
from facespectra.report.thumbnails import PER_SHEET
from pages import Page

for _package in ("sklearn", "skops", "lz4", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LONG = "a_very_long_name_of_a_folder_that_nobody_would_want_to_read_but_somebody_has_given_anyway"


def texture(rng: np.random.Generator, *, fake: bool) -> np.ndarray:
    """Fakes miss the highest frequencies; a little noise lets some be taken for the other class."""
    picture = rng.integers(0, 256, (64, 56), dtype=np.uint8)
    if not fake:
        return picture
    small = np.kron(picture[::2, ::2], np.ones((2, 2)))
    mixed = np.where(rng.random(small.shape) < 1.3 * rng.random(), picture, small)
    return mixed.astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with two splits, markup in its names, a broken file and warnings to be given."""
    folder = tmp_path_factory.mktemp("set") / LONG / "<script>alert(1)<|script> & co"
    rng = np.random.default_rng(0)
    rows = []
    for k in range(64):
        name = f"{'<b>' if k % 3 else ''}{k:02}.png"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(texture(rng, fake=k % 2 == 1)).save(folder / name)
        rows.append((name, k % 2, f"g{k // 2}", "development" if k < 32 else "evaluation"))
    (folder / "broken<i>.png").write_bytes(b"nothing")
    rows += [("broken<i>.png", 1, "x", "evaluation"), (rows[0][0], 0, "g0", "evaluation")]
    pd.DataFrame(rows, columns=["path", "label", "group", "split"]).to_csv(folder / "m.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Path]:
    found = {}
    for classifier in ("svm-rbf", "logistic"):
        found[classifier] = folder / f"{classifier}<u>.model"
        arguments = ["train", str(folder / "m.csv"), "-o", str(found[classifier]), "--whole"]
        assert main([*arguments, "--n-features", "30", "--classifier", classifier]) == 0
    return found


@pytest.fixture(scope="module")
def report(folder: Path, models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("av", reason="needs the detect extra")
    out = tmp_path_factory.mktemp("run")
    arguments = ["evaluate", str(folder / "m.csv"), "-m", str(models["svm-rbf"]), "--out", str(out)]
    assert main([*arguments, "--robustness", "12"]) == 1
    return out / "report.html"


# --- what it says ------------------------------------------------------------------------------------------


def test_the_page_says_what_the_figures_say(report: Path, models: dict[str, Path]) -> None:
    page = Page(report.read_text())
    metrics = json.loads(report.with_name("metrics.json").read_text())
    low, high = metrics["auc_ci95"]
    assert f"AUC {metrics['auc']:.3f}, 95 % interval {low:.3f} to {high:.3f}." in page.text
    assert f"the higher score in {100 * metrics['auc']:.0f} of 100 cases" in page.text
    assert f"{metrics['eer']:.3f}" in page.text
    assert "1 of 34 samples has no score" in page.text
    assert "broken<i>.png" in page.text
    assert "unreadable: it is not an image in a known format" in page.text
    effect = metrics["missing_effect"]["auc"]
    assert all(f"{auc:.3f}" in page.text for auc in effect.values())
    import hashlib

    assert hashlib.sha256(models["svm-rbf"].read_bytes()).hexdigest() in page.text
    detector = fs.load(models["svm-rbf"])
    assert f"scikit-learn {detector.versions_['scikit-learn']}" in page.text
    assert repr(detector.threshold_) in page.text
    assert f"Faces were {detector.words.scope}." in page.text
    assert metrics["checked_for"] == list(detector.words.checked_for)
    assert metrics["not_checked_for"] == ["any other kind of fake"]
    # What train and evaluate warn of stands at the top.
    assert "groups in the split" in page.text.partition("Errors at every threshold")[0]


def page_script(text: str) -> str:
    return "".join(re.findall(r"<script>.*?</script>", text, re.DOTALL))


def test_the_page_stands_alone_and_escapes_everything(report: Path) -> None:
    text = report.read_text()
    page = Page(text)
    assert not {"link", "iframe", "object", "b>", "u", "audio"} & set(page.tags)
    # Our own scripts, and nothing that they could load.
    assert "alert(" not in page_script(text)
    assert not re.search(r"\b(fetch|import|XMLHttpRequest)\b|https?://", page_script(text))
    assert "&lt;script&gt;" in text
    assert "@import" not in text
    assert "url(http" not in text
    for link in page.links:
        known = ("#", "data:image/jpeg;base64,", "data:image/png;base64,")
        assert link.startswith(known) or (report.parent / link).is_file(), link
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"\bnan\b|\bNone\b|\bUndefined\b", page.text)
    assert "#010203" not in text
    assert page.tags.count("svg") >= 6


def test_pictures_are_pictures(report: Path) -> None:
    images = [link for link in Page(report.read_text()).links if link.startswith("data:image/jpeg")]
    # Each face of the contact sheet, and the same face explained.
    assert 24 <= len(images) <= 2 * 4 * PER_SHEET
    for link in images:
        with Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2]))) as image:
            image.load()
            assert max(image.size) <= 320


def test_two_reports_are_the_same_but_for_the_command(
    folder: Path, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facespectra.cli import evaluate as command

    monkeypatch.setattr(command, "command_line", lambda: "facespectra")
    arguments = ["evaluate", str(folder / "m.csv"), "-m", str(models["logistic"]), "--robustness", "0"]
    for name in ("a", "b"):
        assert main([*arguments, "--out", str(tmp_path / name)]) == 1
    text = (tmp_path / "a/report.html").read_text()
    assert text == (tmp_path / "b/report.html").read_text()
    assert "the classifier is linear" in text
    assert "Not measured;" in text


def test_a_calibrated_model_is_evaluated_by_its_probabilities(tmp_path: Path) -> None:
    render_database(tmp_path / "set", "Task_1", n_people=8, pictures=1, seed=0)
    out = tmp_path / "run"
    assert main(["evaluate", str(tmp_path / "set"), "--out", str(out), "--robustness", "0"]) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    scores = pd.read_csv(out / "scores.csv").dropna(subset="score")
    expected = fs.evaluate(scores["label"], scores["score"], probabilities=True)
    assert (metrics["brier"], metrics["calibration_error"]) == (expected.brier, expected.calibration_error)
    page = Page((out / "report.html").read_text())
    assert "Are the probabilities reliable?" in page.text
    # Four people are too few for an interval, and a figure without one is not shown.
    assert metrics["brier_ci95"] is None
    assert "Brier scorenot measurable with so few" in page.text
    assert f"{metrics['brier']:.3f}" not in page.text
    assert "Feature that adds most" in page.text
    assert "can't tell" in page.text


@pytest.mark.parametrize(
    ("aucs", "expected"),
    [
        ((0.97, 0.9, 0.99), "very well"),
        ((0.75, 0.7, 0.8), "to a degree"),
        ((0.55, 0.45, 0.65), "a coin"),
        ((0.2, 0.1, 0.3), "the wrong way round"),
        ((1.0, float("nan"), float("nan")), "too few samples"),
    ],
)
def test_verdicts_are_no_better_than_the_interval(aucs: tuple[float, ...], expected: str) -> None:
    from dataclasses import replace

    result = fs.evaluate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    changed = replace(result, auc=aucs[0], auc_ci95=aucs[1:])
    assert expected in words.verdict(changed, "it")


# --- from Python -------------------------------------------------------------------------------------------

FILES = ("metrics.json", "scores.csv", "roc.csv", "roc.svg", "report.html")


def test_a_library_user_gets_what_the_command_writes(
    folder: Path, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facespectra.cli import evaluate as command

    monkeypatch.setattr(command, "command_line", lambda: "evaluation")
    data, model = folder / "m.csv", models["logistic"]
    arguments = ["evaluate", str(data), "-m", str(model), "--robustness", "0"]
    assert main([*arguments, "--out", str(tmp_path / "command")]) == 1
    lines: list[str] = []
    evaluated = evaluation.run(
        fs.load(model),
        data,
        tmp_path / "python",
        model=model,
        robustness=0,
        command="evaluation",
        notify=lines.append,
    )
    for name in FILES:
        assert (tmp_path / "python" / name).read_bytes() == (tmp_path / "command" / name).read_bytes(), name
    assert set(evaluated.manifest["split"]) == {"evaluation"}
    assert len(evaluated.scores) == len(evaluated.manifest) == 34
    ((path, status),) = evaluated.unreadable
    assert lines[-1] == f"{path}: {status}"
    assert [f"warning: {warning}" for warning in evaluated.warnings] == lines[:-1]


def test_a_manifest_in_memory_is_evaluated_too(folder: Path, models: dict[str, Path], tmp_path: Path) -> None:
    manifest = fs.read_dataset(folder / "m.csv")
    stages: list[str] = []

    @contextmanager
    def watch(stage: str) -> Iterator[Callable[[int, int], None]]:
        stages.append(stage)
        yield lambda done, total: None

    detector = fs.load(models["logistic"])
    evaluated = evaluation.run(
        detector, manifest[manifest["split"] == "evaluation"], tmp_path, robustness=4, watch=watch
    )
    assert stages == ["evaluate", "robustness"]
    assert evaluated.sweep is not None
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    # Nothing is said of files that the caller did not name, least of all that it was the model we ship.
    assert (metrics["dataset"], metrics["model"]) == (None, None)
    text = Page((tmp_path / "report.html").read_text()).text
    assert "the detector gives the fake one the higher score" in text
    assert "in memory, without a file" in text
    assert "SHA-256" not in text
    assert metrics["auc"] == evaluated.result.auc
    with pytest.raises(ValueError, match="per_video must be mean, median, max, not 'sum'"):
        evaluation.run(detector, manifest, tmp_path, per_video="sum")


def test_without_matplotlib_figures_are_written_all_the_same(
    folder: Path, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(extra: str, *packages: str) -> None:
        raise MissingExtraError("matplotlib is not installed")

    monkeypatch.setattr(evaluation, "require", refuse)
    evaluated = evaluation.run(fs.load(models["logistic"]), folder / "m.csv", tmp_path)
    assert "report.html and roc.svg were not written" in evaluated.warnings[-1]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["metrics.json", "roc.csv", "scores.csv"]


# --- what it is made of ------------------------------------------------------------------------------------


def test_the_sweep_starts_from_the_scores_themselves(folder: Path, models: dict[str, Path]) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    detector = fs.load(models["svm-rbf"])
    manifest = fs.read_dataset(folder / "m.csv")
    paths, labels = manifest["path"].tolist(), manifest["label"].to_numpy()
    table = detector.extract(paths)
    found = sweep(detector, paths, labels, table, 12)
    assert found is not None
    expected = detector.score_features(table)[found.samples]
    np.testing.assert_array_equal(found.unchanged.scores, expected)
    assert list(found.curves) == list(DEGRADATIONS)
    assert all(len(found.curves[name]) == len(DEGRADATIONS[name][1]) for name in found.curves)
    # A blur that leaves no high frequencies makes all of them look like the fakes.
    assert found.curves["blur, sigma in pixels"][-1].auc < found.unchanged.auc
    jpeg = Image.fromarray(np.asarray(Image.open(paths[found.samples[0]]).convert("RGB")))
    content = io.BytesIO()
    jpeg.save(content, "JPEG", quality=20)
    (again,) = detector.score_images([Image.open(content)])
    assert found.curves["JPEG quality"][-1].scores[0] == again


def test_a_degradation_that_cannot_be_made_here_is_named_and_left_out(
    folder: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(image: np.ndarray, strengths: Sequence[float]) -> list[np.ndarray]:
        raise MissingExtraError("av is not installed")

    monkeypatch.setitem(DEGRADATIONS, "H.264, CRF", (refuse, (20, 28, 36)))
    detector = fs.load(models["svm-rbf"])
    manifest = fs.read_dataset(folder / "m.csv")
    paths, labels = manifest["path"].tolist(), manifest["label"].to_numpy()
    told: list[tuple[int, int]] = []
    found = sweep(
        detector, paths, labels, detector.extract(paths), 4, progress=lambda *done: told.append(done)
    )
    assert found is not None
    assert found.notes == ["H.264, CRF was left out: av is not installed"]
    assert set(found.curves) == set(DEGRADATIONS) - {"H.264, CRF"}
    assert told[-1] == (4 * found.n_copies, 4 * found.n_copies) == (52, 52)
    assert found.seconds > 0


def test_few_large_pictures_leave_room_for_both_classes(
    folder: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fs.load(models["svm-rbf"])
    manifest = fs.read_dataset(folder / "m.csv").sort_values("label", ignore_index=True)
    paths, labels = manifest["path"].tolist(), manifest["label"].to_numpy()
    table = detector.extract(paths)
    whole = sweep(detector, paths, labels, table, 8)
    assert whole is not None
    with Image.open(paths[whole.samples[0]]) as image:
        pixels = image.width * image.height
    monkeypatch.setattr("facespectra.report.robustness.PIXELS", 4 * pixels)
    found = sweep(detector, paths, labels, table, 8)
    assert found is not None
    assert len(found.samples) < len(whole.samples)
    assert set(labels[found.samples]) == {0, 1}
    assert not found.unchanged.undecided.any()


def test_without_one_of_the_classes_there_is_no_sweep(models: dict[str, Path], folder: Path) -> None:
    detector = fs.load(models["svm-rbf"])
    path = str(folder / "broken<i>.png")
    nothing = FeatureTable([path], [unreadable("why")], [None], np.full((1, 30), np.nan))
    assert sweep(detector, [path], np.array([1]), nothing, 4) is None


# --- in a browser ------------------------------------------------------------------------------------------

# A window cannot be as narrow as a phone: the page is looked at in a frame, which tells its surroundings.
PROBE = """<script>addEventListener('load', () => {
  const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && !e.closest('svg')
    && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.tagName);
  const small = [...document.querySelectorAll('figure svg text')].map(e => e.getBoundingClientRect().height);
  parent.postMessage({
    width: document.documentElement.clientWidth, scroll: document.documentElement.scrollWidth, wide,
    smallest: Math.min(...small), broken: [...document.images].filter(i => !i.naturalWidth).length,
    page: getComputedStyle(document.body).backgroundColor,
    loaded: performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'))
  }, '*');
});</script>"""
FRAME = """<!DOCTYPE html><script>addEventListener('message', event =>
  document.documentElement.setAttribute('data-probe', JSON.stringify(event.data)))</script>
<iframe src="page.html" style="border: 0; width: WIDTHpx; height: 900px"></iframe>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
@pytest.mark.parametrize(("width", "dark"), [(390, True), (820, False), (1400, False)])
def test_in_a_browser(report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    (tmp_path / "page.html").write_text(report.read_text().replace("</head>", PROBE + "</head>"))
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)))
    arguments = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--hide-scrollbars",
        "--window-size=1500,1000",
        "--virtual-time-budget=5000",
        "--dump-dom",
        frame.as_uri(),
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert match, done.stdout[:500]
    found = json.loads(html.unescape(match[1]))
    assert found["width"] == width
    assert found["scroll"] <= width
    assert found["wide"] == []
    assert found["broken"] == 0
    assert found["loaded"] == []
    # Text in figures can be read, on a phone too.
    assert found["smallest"] >= 6
    red, *_ = map(int, re.findall(r"\d+", found["page"]))
    assert (red < 80) == dark

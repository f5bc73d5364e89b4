"""The lab where data or weights are missing: those experiments are skipped, with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facespectra.cli import main
from facespectra.lab import LabResult, run_lab, write_lab
from facespectra.lab.text import summary
from lab_runs import rows_in, settings, silent

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_without_extra_set_and_weights_the_other_experiments_run(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from urllib.error import URLError

    def no_network(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr("torch.hub.get_dir", lambda: str(out / "hub"))
    monkeypatch.setattr("facespectra.deep.weights.urlopen", no_network)
    arguments = [
        "lab",
        "--task1",
        str(data / "Task_1"),
        "--task23",
        str(data / "Task_2_3"),
        "--out",
        str(out),
    ]
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert "broken.jpg" in captured.err
    assert "cannot download ResNet-50's weights" in captured.out
    rows = rows_in(out)
    skipped = {
        row["folder"] if "folder" in row else (row["system"], row["train"]): row["reason"]
        for row in rows
        if row["status"] == "skipped"
    }
    assert len(rows) == 52
    assert sum(row["status"] == "skipped" for row in rows) == 22
    # With its weights in its package, this network needs neither the site nor the cache.
    alone = [row for row in rows if row["features"] == "efficientnet-lite0" and row["status"] == "ok"]
    assert [row["train"] for row in alone] == ["Task_1/development"]
    assert skipped["efficientnet-lite0, svm-linear", "extra"] == skipped["svm-poly", "extra"]
    assert skipped["svm-poly", "extra"] == "no extra training set was given (--extra DIR)"
    assert "cannot download" in skipped["resnet50, svm-linear", "Task_1/development"]
    assert "cannot download" in skipped["resnet50, svm-linear", "extra"]
    assert "no extra training set" in skipped["resnet50, svm-linear", "extra"]
    final = next(row for row in rows if row["task"] == 3 and row["final"])
    # The default model if it recognises the fakes of Task 1, which no other system has not seen.
    own = next(row for row in rows if row.get("folder") == "task3/default-development")
    assert final["train"] == (own["train"] if own["auc_ci95"][0] > 0.5 else "Task_1/development")
    assert "no extra training set was given" in final["choice"]
    page = (out / "report.html").read_text()
    assert "no extra training set was given (--extra DIR)" in page
    assert "Rendered data." not in page


def test_without_onnx_runtime_its_rows_say_so(
    done: LabResult, data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facespectra import _extras

    find_spec = _extras.find_spec
    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "onnxruntime" else find_spec(name))
    result = run_lab(settings(data, out, resnet_weights=done.settings.resnet_weights), silent)
    skipped = {one.slug: one.reason for one in result.experiments if one.reason}
    reason = 'EfficientNet-Lite0: onnxruntime is not installed: pip install "facespectra[detect]"'
    assert skipped == {
        f"{name}-{train}": reason
        for name in ("efficientnet-lite0", "fusion-efficientnet-lite0")
        for train in ("task1", "extra", "both")
    }
    assert result.efficientnet == reason


def test_folders_of_an_earlier_run_are_removed(done: LabResult, data: Path, out: Path) -> None:
    (out / "task3/resnet50-extra").mkdir(parents=True)
    (out / "task3/resnet50-extra/metrics.json").write_text("{}")
    write_lab(run_lab(settings(data, out, extra=None, resnet_weights=done.settings.resnet_weights), silent))
    assert not (out / "task3/resnet50-extra").exists()


def test_given_weights_must_be_usable(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.pth").write_bytes(b"nothing")
    arguments = ["lab", "--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3")]
    assert main([*arguments, "--out", str(tmp_path / "o"), "--resnet-weights", str(tmp_path / "w.pth")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "w.pth" in line
    assert not (tmp_path / "o").exists()


def test_photographs_of_the_test_set_are_not_trained_on(done: LabResult, data: Path, out: Path) -> None:
    extra = out / "leaky"
    shutil.copytree(data / "extra", extra)
    for kind in ("real", "fake"):
        for number, path in enumerate(sorted((data / "Task_2_3/evaluation" / kind).iterdir())[:2]):
            shutil.copy(path, extra / kind / f"leak{number}.jpg")
        shutil.copy(sorted((data / "Task_1/development" / kind).glob("Task*"))[0], extra / kind / "twice.jpg")
    result = run_lab(settings(data, out, extra=extra, resnet_weights=done.settings.resnet_weights), silent)
    by_slug = result.tasks[3].by_slug
    before = done.tasks[3].by_slug
    assert by_slug["extra"].trained_on["n_real"] == before["extra"].trained_on["n_real"] + 1
    assert by_slug["both"].trained_on == before["both"].trained_on
    assert "4 samples of extra are also in Task_2_3/evaluation: Task 3 did not train on them" in result.notes
    assert "2 samples of Task_1/development + extra are repeated: Task 3 used each once" in result.notes


@pytest.mark.slow
def test_a_class_without_faces_skips_its_experiments(data: Path, tmp_path: Path) -> None:
    from PIL import Image

    broken = tmp_path / "databases"
    shutil.copytree(data, broken)
    for path in (broken / "extra").glob("*/*.jpg"):
        Image.new("RGB", (64, 64), (1, 2, 3)).save(path)
    for path in (broken / "Task_2_3/evaluation/real").iterdir():
        path.write_bytes(b"nothing")
    result = run_lab(settings(broken, tmp_path / "out"), silent)
    assert write_lab(result) == []
    rows = rows_in(tmp_path / "out")
    assert all(row["status"] == "ok" for row in rows if row["task"] == 1)
    assert all("both classes" in row["reason"] for row in rows if row["task"] == 2)
    alone = next(row for row in rows if row["task"] == 3 and row["train"] == "extra")
    assert "training needs usable samples of both classes" in alone["reason"]
    swaps = next(row for row in rows if row["train"] == "synthetic swaps of Task_1/development + extra")
    assert swaps["reason"] == "there is no real face to make swaps of"
    assert all((row["auc"] is None) == (row["status"] == "skipped") for row in rows)
    assert any(line.startswith("skipped ") for line in summary(result))
    assert result.comparison == {}
    assert (tmp_path / "out/report.html").exists()


def test_without_jinja_the_figures_are_still_written(
    done: LabResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "jinja2" else object())
    (problem,) = write_lab(replace(done, settings=replace(done.settings, out=tmp_path)))
    assert 'pip install "facespectra[detect]"' in problem
    assert rows_in(tmp_path) == rows_in(done.settings.out)
    assert not (tmp_path / "report.html").exists()

"""The lab from the command line, on rendered faces and on photographs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.lab import run_lab
from lab_runs import rows_in, settings, silent

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.mark.slow
def test_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        pytest.fail("the demo asked the network")

    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr("facespectra.deep.weights.urlopen", no_network)
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out), "--people", "12"]) == 0
    captured = capsys.readouterr()
    first_line, second_line = captured.out.splitlines()[:2]
    assert re.fullmatch(r"This takes about \d+ seconds\.", first_line)
    assert second_line.startswith("Rendering faces: all results below are about rendered data")
    assert "skipped 9 rows: ResNet-50's ImageNet weights are not at" in captured.out
    rows = rows_in(out)
    assert {row["network"] for row in rows if row["status"] == "skipped"} == {"resnet50"}
    tested = [row for row in rows if row["network"] == "efficientnet-lite0" and row["protocol"] != "held-out"]
    with_network = [row["system"] for row in tested]
    fusion = "fusion with efficientnet-lite0, svm-linear"
    assert with_network == ["efficientnet-lite0, svm-linear"] * 3 + [fusion] * 3
    assert all(row["test"].endswith(" (rendered)") for row in rows)
    # The default model was trained on photographs.
    portraits = {row["train"] for row in rows if not row["train"].endswith(" (rendered)")}
    assert portraits == {"synthetic swaps of the default model's portraits"}
    assert all("Rendered data." in page.read_text() for page in out.rglob("*.html"))
    fs.load(out / "task1.model")
    first = (out / "lab.json").read_bytes()
    # Fewer people than the quick one would render.
    assert main(["demo", "--out", str(out), "--people", "12", "--quick"]) == 0
    assert (out / "lab.json").read_bytes() == first


@pytest.mark.shared
@pytest.mark.slow
def test_the_lab_on_photographs(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Copies would take a minute, and Tasks 1 and 2 use none.
    monkeypatch.setattr("facespectra.lab.databases.AUGMENTATIONS", ())
    lab = shared_data / "lab"
    for kind in ("real", "fake"):
        (tmp_path / "extra" / kind).mkdir(parents=True)
        for path in sorted((lab / "Task_1/development" / kind).iterdir())[:6]:
            shutil.copy(path, tmp_path / "extra" / kind / path.name)
    result = run_lab(settings(lab, tmp_path / "out", extra=tmp_path / "extra"), silent)
    experiments = {
        (number, experiment.system.name): experiment.evaluation.auc
        for number, task in result.tasks.items()
        for experiment in task.experiments
        if number < 3 and experiment.protocol == "evaluation"
    }
    expected = {"svm-poly": 0.947, "svm-linear": 0.851, "svm-rbf": 0.878, "svm-sigmoid": 0.200}
    assert {name: experiments[1, name] for name in expected} == pytest.approx(expected, abs=0.005)
    assert experiments[2, "svm-poly"] == pytest.approx(0.500, abs=0.005)
    assert result.tasks[1].final.system.name == "svm-poly"
    assert all(experiment.evaluation is not None or experiment.reason for experiment in result.experiments)

"""What commands write follows the published schemas (the lab's: tests/lab/test_files.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clips import write_clip
from facespectra.cli import main
from facespectra.rendered.database import render_database, render_face
from schemas import problems, schema_of

for _package in ("sklearn", "skops", "pandas", "PIL", "av", "onnxruntime", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("database") / "faces"
    render_database(folder, "faces", n_people=6, pictures=1, seed=0, size=192)
    (folder / "manifest.csv").unlink()
    return folder


def metrics_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics.json").read_text())


def test_a_schema_refuses_what_it_does_not_describe() -> None:
    assert len(problems("verdict", {"path": 3, "surprise": 1})) > 10
    assert problems("lab", [{"task": 4}])
    assert set(schema_of("verdict")["required"]) <= set(schema_of("verdict")["properties"])


@pytest.mark.slow
def test_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    face = render_face(np.random.default_rng(5), 224)
    face.save(tmp_path / "face.png")
    face.resize((80, 80)).save(tmp_path / "small.png")
    Image.new("RGB", (80, 80), (120, 120, 120)).save(tmp_path / "wall.png")
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    write_clip(tmp_path / "clip.mp4", 4, picture_file=tmp_path / "face.png")
    out = tmp_path / "out.jsonl"
    kinds = set()
    for more in ([], ["--per-frame"], ["-m", "default", "-m", "regions"]):
        assert main(["score", str(tmp_path), "-o", str(out), "--frames", "3", *more]) == 1
        found = [json.loads(line) for line in out.read_text().splitlines()]
        assert len(found) >= 5
        assert [problems("verdict", one) for one in found] == [[]] * len(found)
        kinds |= {one["status"].partition(":")[0] for one in found}
    assert kinds == {"ok", "no-face", "unreadable", "cannot-tell"}
    assert capsys.readouterr().err


@pytest.mark.slow
def test_metrics_of_a_detector(database: Path, tmp_path: Path) -> None:
    alarms = database / "real"
    arguments = ["evaluate", str(database), "--out", str(tmp_path), "--robustness", "0"]
    assert main([*arguments, "--alarms", str(alarms)]) == 0
    found = metrics_in(tmp_path)
    assert problems("metrics", found) == []
    assert found["alarms"][0]["n"] == 6


def test_metrics_of_another_systems_scores(database: Path, tmp_path: Path) -> None:
    paths = sorted(database.rglob("*.jpg"))
    scores = tmp_path / "theirs.csv"
    rows = [f"{path.relative_to(database)},{0.1 + 0.07 * k}" for k, path in enumerate(paths[1:])]
    scores.write_text("\n".join(["path,score", *rows]) + "\n")
    for more in ([], ["--threshold", "0.5", "--probabilities"]):
        out = tmp_path / f"out{len(more)}"
        assert main(["evaluate", str(database), "--scores", str(scores), "--out", str(out), *more]) == 0
        found = metrics_in(out)
        assert problems("metrics", found) == []
        assert (found["threshold_source"] == "none") == (not more)
        assert "missing_effect" in found

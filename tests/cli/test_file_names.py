"""Names of files with line ends, control characters or bytes that are no text."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from commands import error_lines, read_rows, run_command
from facespectra.cli import main

pd = pytest.importorskip("pandas", reason="needs the detect extra")
pytest.importorskip("sklearn", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")

NAMES = [
    b"new\nline.png",
    b"quo\"te'.png",
    b"com,ma;.png",
    b"<b>&amp;.png",
    b" two  spaces.png",
    b"esc\x1b[31mred.png",
    b"not utf-8 \xff\xfe.png",
    "ünï 脸.png".encode(),
    b"--out.png",
]


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    root = os.fsencode(tmp_path / "set")
    for label in (b"real", b"fake"):
        os.makedirs(os.path.join(root, label))  # noqa: PTH103, PTH118 - pathlib knows no bytes
        for number, name in enumerate(NAMES):
            pixels = rng.integers(0, 256, (40, 40 + number), dtype=np.uint8)
            if label == b"fake":
                pixels = np.repeat(pixels[:, ::2], 2, axis=1)
            Image.fromarray(pixels).save(Path(os.fsdecode(os.path.join(root, label, name))))  # noqa: PTH118
    (tmp_path / "set" / "fake" / "broken\nne\x1bw\udcff.png").write_bytes(b"no picture")
    return [os.fsdecode(name) for name in NAMES]


BROKEN = "set/fake/broken\\nne\\x1bw\\xff.png: unreadable: it is not an image in a known format"


def test_any_name_survives_every_output(named: list[str]) -> None:
    wanted = {f"set/real/{name}" for name in named}
    done = run_command("extract", "set", "-o", "f.npz", "--n-features", "4")
    assert done.returncode == 1
    assert error_lines(done.stderr.decode()) == [BROKEN]
    with np.load("f.npz") as arrays:
        assert wanted < set(arrays["path"].tolist())
    assert main(["extract", "set", "-o", "f.csv", "--n-features", "4"]) == 1
    assert wanted < {row["path"] for row in read_rows(Path("f.csv"))}
    pytest.importorskip("pyarrow", reason="needs the detect extra")
    assert main(["extract", "set", "-o", "f.parquet", "--n-features", "4"]) == 1
    assert "set/real/not utf-8 \\xff\\xfe.png" in set(pd.read_parquet("f.parquet")["path"])


def test_any_name_goes_through_training_and_evaluation(
    named: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["dataset", "set", "-o", "m.csv"]) == 1
    settings = ["--whole", "--n-features", "8", "--classifier", "logistic"]
    assert main(["train", "m.csv", "-o", "m.model", *settings]) == 1
    assert main(["evaluate", "m.csv", "-m", "m.model", "--out", "run", "--robustness", "0"]) == 1
    rows = read_rows(Path("run/scores.csv"))
    assert {row["path"] for row in rows if row["status"] == "ok"} == {
        str(Path("set", label, name).absolute()) for label in ("real", "fake") for name in named
    }
    assert json.loads(Path("run/metrics.json").read_text())["n_unreadable"] == 1
    assert main(["compare", "run", "run"]) == 0
    captured = capfdbinary.readouterr()
    # What a name tells a terminal to do does not reach it.
    assert b"\x1b" not in captured.out + captured.err
    for page in Path("run").glob("*.html"):
        assert "<b>&amp;.png" not in page.read_text(encoding="utf-8")


def test_any_name_is_scored_and_read_from_a_list(
    named: list[str], capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("lz4", reason="needs the faces extra")
    names = [f"set/real/{name}" for name in named if "\n" not in name]
    listed = io.TextIOWrapper(io.BytesIO(os.fsencode("\n".join(names))), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", listed)
    assert main(["score", "-", "--format", "jsonl"]) == 0
    out = capfdbinary.readouterr().out
    assert [json.loads(line)["path"] for line in out.splitlines()] == names
    assert main(["score", *names, "--format", "csv"]) == 0
    text = capfdbinary.readouterr().out.decode("utf-8", "surrogateescape")
    assert [row["path"] for row in csv.DictReader(io.StringIO(text))] == names
    assert main(["score", *names]) == 0
    table = capfdbinary.readouterr().out.decode()
    assert len(table.splitlines()) == len(names)
    assert "\\x1b[31m" in table
    assert "\x1b" not in table

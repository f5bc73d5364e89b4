"""What is piped to ``score -``: a list of files, or a picture or video itself."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from commands import one_line
from facespectra.cli import main
from facespectra.rendered.database import render_face
from noise import encoded

for _package in ("sklearn", "skops", "lz4", "onnxruntime", "av"):
    pytest.importorskip(_package, reason="needs the detect extra")


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    monkeypatch.chdir(tmp_path)
    render_face(np.random.default_rng(0), 160).save("face.png")

    def give(content: bytes) -> None:
        stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape")
        monkeypatch.setattr(sys, "stdin", stream)

    return give


def scored(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_picture_is_scored(pipe, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["score", "-m", "regions", "--format", "jsonl"]
    assert main([*command, "face.png"]) == 0
    (expected,) = scored(capsys)
    pipe(Path("face.png").read_bytes())
    assert main([*command, "-"]) == 0
    (found,) = scored(capsys)
    assert found == expected | {"path": "-"}
    pipe(Path("face.png").read_bytes())
    assert main([*command, "face.png", "-"]) == 0
    assert [one["path"] for one in scored(capsys)] == ["face.png", "-"]


def test_a_video_is_scored(pipe, capsys: pytest.CaptureFixture[str]) -> None:
    from clips import write_clip

    clip = write_clip(Path("a.mp4"), 6, picture_file=Path("face.png"))
    pipe(clip.read_bytes())
    assert main(["score", "-m", "regions", "--frames", "2", "--format", "jsonl", "-"]) == 0
    (found,) = scored(capsys)
    assert (found["path"], found["note"]) == ("-", "mean of 2 of 2 frames")
    assert [one["path"] for one in found["frames"]] == ["- (frame 1)", "- (frame 4)"]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\0"])
def test_a_list_is_a_list(pipe, capsys: pytest.CaptureFixture[str], ends: bytes) -> None:
    for name in ("a b.png", "BM.png", "naïve\udcff.png"):
        Path(name).write_bytes(encoded("PNG"))
    names = ["a b.png", "BM.png", "naïve\udcff.png"]
    pipe(ends.join(name.encode(errors="surrogateescape") for name in names) + ends)
    assert main(["score", "-m", "regions", "--format", "jsonl", "-"]) == 0
    assert [one["path"] for one in scored(capsys)] == names


def test_what_is_neither_is_one_line(pipe, capsys: pytest.CaptureFixture[str]) -> None:
    pipe(bytes(1000))
    assert main(["score", "-m", "regions", "-"]) == 2
    assert "not an image in a known format, nor a list" in one_line(capsys.readouterr().err)
    pipe(encoded("JPEG")[:-500])
    assert main(["score", "-m", "regions", "-"]) == 2
    assert "facespectra: -: unreadable: image file is truncated" in capsys.readouterr().err
    pipe(b"")
    assert main(["score", "-m", "regions", "-"]) == 2
    assert "nothing was piped" in one_line(capsys.readouterr().err)

"""``facespectra crop``: the largest face of every image, as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from commands import one_line, read_csv, read_rows, save_texture
from facespectra.cli import main
from facespectra.rendered.database import render_face

for _package in ("sklearn", "skops", "lz4", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


def test_crop_keeps_pixels_structure_and_every_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    face = render_face(np.random.default_rng(0), 256)
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "a.bmp", "sub/a.png"):
        face.save(folder / name)
    save_texture(folder / "blank.png", fake=False, seed=0)
    (folder / "broken.jpg").write_bytes(b"nothing")
    out = tmp_path / "out"
    assert main(["crop", str(folder), str(folder / "a.png"), "-o", str(out)]) == 1
    captured = capsys.readouterr()
    assert str(folder / "broken.jpg") in one_line(captured.err)
    assert "3 faces from 5 images, 1 without a face" in captured.out
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == [
        "a-2.png",
        "a.png",
        "sub/a.png",
    ]
    expected = fs.FaceCropper().crop(face)
    for path in out.rglob("*.png"):
        with Image.open(path) as image:
            assert image.mode == "L"
            np.testing.assert_array_equal(np.asarray(image), expected)
    header, *rows = read_csv(out / "crops.csv")
    assert header == ["path", "crop", "status", "x0", "y0", "x1", "y1"]
    by_name = {Path(row[0]).relative_to(folder).as_posix(): row for row in rows}
    assert by_name["blank.png"][1:3] == ["", "no-face"]
    x0, y0, x1, y1 = map(int, by_name["a.png"][3:])
    assert expected is not None
    assert expected.shape == (y1 - y0, x1 - x0)


def test_every_face_is_cropped_where_all_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = Image.new("RGB", (720, 448), (90, 96, 100))
    both.paste(render_face(np.random.default_rng(0), 400), (10, 24))
    both.paste(render_face(np.random.default_rng(1), 256), (440, 100))
    both.save(tmp_path / "two.png")
    render_face(np.random.default_rng(2), 256).save(tmp_path / "two-face2.png")
    assert main(["crop", str(tmp_path), "-o", str(tmp_path / "out"), "--faces", "all"]) == 0
    rows = read_rows(tmp_path / "out" / "crops.csv")
    names = [row["crop"] for row in rows]
    assert sorted(names) == ["two-face2.png", "two-face3.png", "two.png"]
    for row in rows:
        x0, y0, x1, y1 = (int(row[key]) for key in ("x0", "y0", "x1", "y1"))
        with Image.open(row["path"]) as image:
            expected = np.asarray(image.convert("L"))[y0:y1, x0:x1]
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / row["crop"])), expected)
    assert "3 faces from 2 images" in capsys.readouterr().out
    assert main(["crop", str(tmp_path), "-o", str(tmp_path / "out"), "--faces", "whole"]) == 2

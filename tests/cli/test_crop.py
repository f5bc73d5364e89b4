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


@pytest.mark.parametrize("faces", ["largest", "all"])
@pytest.mark.parametrize("half_a_row", [False, True])
def test_a_run_that_was_stopped_goes_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faces: str,
    half_a_row: bool,
) -> None:
    from facespectra.features import crop_files

    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.png", "a.bmp", "b.png", "sub/c.png", "sub/d.png")):
        render_face(np.random.default_rng(number), 160).save(folder / name)
    (folder / "a0.jpg").write_bytes(b"nothing")
    whole, out = tmp_path / "whole", tmp_path / "out"
    command = ["crop", str(folder), "--faces", faces, "-o"]
    assert main([*command, str(whole)]) == 1
    write, written = crop_files.write_png, []

    def stop(path: Path, grey: np.ndarray) -> None:
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(path)
        write(path, grey)

    monkeypatch.setattr(crop_files, "write_png", stop)
    capsys.readouterr()
    assert main([*command, str(out)]) == 130
    said = capsys.readouterr().err
    assert "of 6 images; add --resume to go on" in said
    assert len(read_rows(out / "crops.csv")) == 4
    if half_a_row:
        with (out / "crops.csv").open("a") as file:
            file.write(f"{folder}/sub/c.png,sub/c.p")
    monkeypatch.setattr(crop_files, "write_png", write)
    # What could not be read is listed already.
    assert main([*command, str(out), "--resume"]) == 0
    assert "were there" in capsys.readouterr().out
    for path in whole.rglob("*.*"):
        assert (out / path.relative_to(whole)).read_bytes() == path.read_bytes()
    assert main([*command, str(out), "--resume"]) == 0
    assert (out / "crops.csv").read_bytes() == (whole / "crops.csv").read_bytes()
    # More sources than before: no name is given twice.
    other = tmp_path / "more" / "a.png"
    other.parent.mkdir()
    render_face(np.random.default_rng(9), 160).save(other)
    assert main(["crop", str(other), "--faces", faces, "-o", str(out), "--resume"]) == 0
    rows = {row["path"]: row["crop"] for row in read_rows(out / "crops.csv")}
    assert len(rows) == (7 if faces == "largest" else 6)
    assert rows[str(other)] == "a-3.png"
    (out / "crops.csv").write_text("name,score\na,1\n")
    capsys.readouterr()
    assert main([*command, str(out), "--resume"]) == 2
    assert "it is not a list of crop" in one_line(capsys.readouterr().err)


def test_frames_are_gone_on_with_too(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    render_face(np.random.default_rng(0), 160).save(tmp_path / "face.png")
    picture, out = str(tmp_path / "face.png"), tmp_path / "out"
    clip = str(write_clip(tmp_path / "a.mp4", 4, picture_file=tmp_path / "face.png"))
    assert main(["crop", picture, "-o", str(out)]) == 0
    assert "frame" not in read_rows(out / "crops.csv")[0]
    for _ in range(2):
        assert main(["crop", picture, clip, "-o", str(out), "--frames", "2", "--resume"]) == 0
        rows = read_rows(out / "crops.csv")
        assert [(row["frame"], row["crop"]) for row in rows] == [
            ("", "face.png"),
            ("1", "a/000001.png"),
            ("3", "a/000003.png"),
        ]


def test_where_nothing_can_be_read_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    assert main(["crop", str(tmp_path / "a.jpg"), "-o", str(tmp_path / "out")]) == 2
    assert "none of 1 input could be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

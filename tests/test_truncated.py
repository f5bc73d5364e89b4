"""JPEG files that are cut off: refused with what to do, or the rows that were there."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

from commands import one_line
from facespectra._truncated import TRUNCATED_VARIABLE, good_part
from facespectra.cli import main
from facespectra.errors import SettingError, UnreadableImageError
from facespectra.images import read_image, read_noted
from facespectra.rendered.database import render_face

for _package in ("sklearn", "lz4", "pandas"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")


@pytest.fixture(scope="module")
def face() -> Image.Image:
    return render_face(np.random.default_rng(0), 256)


def jpeg(image: Image.Image, share: float = 1.0, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    content = stream.getvalue()
    return content[: round(len(content) * share)]


OPTIONS = [{}, {"subsampling": 0}, {"quality": 30}, {"restart_marker_rows": 1}, {"optimize": True}]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_the_rows_that_are_given_are_those_of_the_whole_file(
    face: Image.Image, options: dict[str, object], mode: str
) -> None:
    image = face.convert(mode)
    whole = np.asarray(Image.open(io.BytesIO(jpeg(image, **options))))
    heights = []
    for share in (0.3, 0.5, 0.62, 0.8, 0.9, 0.97, 0.999):
        part = good_part(jpeg(image, share, **options))
        assert part is not None
        heights.append(part.height)
        np.testing.assert_array_equal(np.asarray(part), whole[: part.height])
    assert heights == sorted(heights)
    assert heights[0] < 150
    assert heights[-1] > 200


def test_what_is_progressive_or_hardly_begun_has_no_good_part(face: Image.Image) -> None:
    assert good_part(jpeg(face, 0.7, progressive=True)) is None
    header = jpeg(face).index(b"\xff\xda") / len(jpeg(face))
    assert good_part(jpeg(face, header + 0.01)) is None


def test_it_is_refused_with_what_to_do_and_read_where_it_is_wanted(
    face: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(jpeg(face, 0.6))
    with pytest.raises(UnreadableImageError, match=f"truncated.*--truncated, or {TRUNCATED_VARIABLE}=1"):
        read_image(path)
    monkeypatch.setenv(TRUNCATED_VARIABLE, "1")
    pixels, note = read_noted(path)
    assert note == f"cut short: {len(pixels)} of 256 rows"
    assert read_image(path).size == (256, len(pixels))
    # Turned as its record says, what is good is turned, too.
    exif = Image.Exif()
    exif[0x0112] = 6
    path.write_bytes(jpeg(face, 0.6, exif=exif))
    turned, note = read_noted(path)
    assert turned.shape[0] == 256
    assert note == f"cut short: {turned.shape[1]} of 256 rows"
    path.write_bytes(jpeg(face))
    assert read_noted(path)[1] == ""
    path.write_bytes(jpeg(face, 0.6, progressive=True))
    with pytest.raises(UnreadableImageError, match="no part of it is good"):
        read_image(path)
    monkeypatch.setenv(TRUNCATED_VARIABLE, "perhaps")
    path.write_bytes(jpeg(face, 0.6))
    with pytest.raises(SettingError, match="must be 1 or 0, got 'perhaps'"):
        read_image(path)


def test_commands_take_it_as_an_option(
    face: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(jpeg(face, 0.85))
    cached = ["--cache", str(tmp_path / "cache")]
    out = ["-o", str(tmp_path / "f.csv"), "--n-features", "5"]
    for command in (["score", str(path), *cached], ["extract", str(path), *out, *cached]):
        for _ in range(2):
            # Whether a cache knows it or not: it is read where that was asked for alone.
            assert main([*command]) == 2
            assert "--truncated" in capsys.readouterr().err
            assert main([*command, "--truncated"]) == 0
            assert TRUNCATED_VARIABLE not in os.environ
            said = capsys.readouterr().out
            assert "of 256 rows" in said if command[0] == "score" else "1 of 1 image" in said
    assert main(["explain", str(path), "-o", str(tmp_path / "e.svg")]) == 2
    assert "--truncated" in one_line(capsys.readouterr().err)
    assert main(["explain", str(path), "-o", str(tmp_path / "e.svg"), "--truncated"]) == 0
    assert main(["crop", str(path), "-o", str(tmp_path / "crops"), "--truncated"]) == 0

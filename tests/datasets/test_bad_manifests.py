"""Manifests that cannot be understood are refused in one line that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

import facespectra as fs
from facespectra.errors import DatasetError, FacespectraError
from noise import NOISE, encoded

pytest.importorskip("pandas", reason="needs the detect extra")
pytest.importorskip("PIL", reason="needs the faces extra")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read as a manifest"),
        ("\n\n", "cannot be read as a manifest"),
        ("path,label\n", "no samples"),
        ("path\na.png\n", "no column 'label'"),
        ("file,kind\na.png,1\n", "no column 'path' and no column 'label'"),
        ("path,label\na.png,2\n", "unknown label '2'"),
        ("path,label\na.png,\n", "unknown label ''"),
        ("path,label\n,1\n", "row 1 has no path"),
        ("path,label,frame\na.mp4,1,-1\n", "'-1' is not a frame number; frames count from 0"),
        ("path,label\na.png,real\na.png,fake\n", "a.png is labelled both real and fake"),
        ("path,label\na.png,1,2,3\nb.png,0\n", ""),
        ("path,label\n\0.png,1\n", ""),
        ('path,label\n"a.png,1\n', ""),
    ],
)
def test_manifests_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "m.csv"
    file.write_text(text)
    with pytest.raises(DatasetError) as caught:
        fs.read_dataset(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_bytes_that_are_no_manifest(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"m{suffix}"
    for content in (b"", b"PAR1", b"PAR1" + bytes(40) + b"PAR1", NOISE.tobytes(), encoded("PNG")):
        file.write_bytes(content)
        with pytest.raises(DatasetError, match=str(file)):
            fs.read_dataset(file)


def test_manifests_that_are_only_unusual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.csv"
    # Relative to the manifest, wherever one stands; a repeat with the same label; another column; a BOM.
    file.write_bytes(b"\xef\xbb\xbflabel,path,n\nREAL, a b.png,x\n1,/abs/b\xff.png,y\n1,/abs/b\xff.png,z\n")
    monkeypatch.chdir("/")
    found = fs.read_dataset(file)
    assert found["path"].tolist() == [str(tmp_path / " a b.png"), "/abs/b\udcff.png", "/abs/b\udcff.png"]
    assert found["label"].tolist() == [0, 1, 1]
    assert list(found.columns) == ["path", "label", "group", "split"]


def test_errors_stay_catchable() -> None:
    with pytest.raises(FacespectraError):
        fs.read_dataset("/nowhere")

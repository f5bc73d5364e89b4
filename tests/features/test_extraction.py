"""Sources become rows of features: every one gets a row, with its status."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.features import extract_features, make_features, read_samples
from facespectra.features.status import OK
from textures import save_textures

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


@pytest.fixture(scope="module")
def textures(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return save_textures(tmp_path_factory.mktemp("textures"))


def test_every_input_gets_a_row_in_order(tmp_path: Path, textures: pd.DataFrame) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"not an image")
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(tmp_path / "tiny.png")
    paths = [
        str(tmp_path / "broken.jpg"),
        textures["path"][0],
        str(tmp_path / "missing.png"),
        str(tmp_path / "tiny.png"),
    ]
    table = extract_features(read_samples(paths, None), make_features("spectrum", {"n_features": 20}))
    assert table.paths == paths
    assert table.statuses[1] == OK
    assert all(table.statuses[i].unreadable and table.statuses[i].reason for i in (0, 2, 3))
    assert not any(path in str(status) for path, status in table.unreadable)
    assert "too small" in table.statuses[3].reason
    assert list(table.ok) == [False, True, False, False]
    assert np.isnan(table.matrix[[0, 2, 3]]).all()
    with Image.open(paths[1]) as image:
        expected = fs.radial_spectrum(np.asarray(image), n_features=20)
    np.testing.assert_array_equal(table.matrix[1], expected)


def test_colours_are_kept_where_somebody_looks_at_them(textures: pd.DataFrame) -> None:
    path = textures["path"][0]
    (full,), (grey,) = (read_samples([path], None, colour=colour) for colour in (True, False))
    assert full.crop.rgb.shape == (*full.crop.grey.shape, 3)
    np.testing.assert_array_equal(full.crop.grey, grey.crop.grey)
    with pytest.raises(RuntimeError, match="read in grey alone"):
        _ = grey.crop.rgb
    names = ("spectrum", "regions", "resnet50", "efficientnet-lite0", "fusion")
    needed = {name: make_features(name, {}).colour for name in names}
    assert needed == {"spectrum": False, "regions": False} | dict.fromkeys(names[2:], True)

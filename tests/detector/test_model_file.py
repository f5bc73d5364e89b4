"""Model files: what they keep, and what is refused as one."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.detector import CLASSIFIERS
from facespectra.detector.model_file import ALLOWED_TYPES, HEADER
from facespectra.errors import ModelError
from facespectra.features import FeatureTable
from textures import whole_image_detector

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
pytest.importorskip("PIL", reason="needs the detect extra")


def rewrite(path: Path, name: str, content: bytes) -> None:
    """Replace one member of an archive."""
    with zipfile.ZipFile(path) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    members[name] = content
    with zipfile.ZipFile(path, "w") as new:
        for member, data in members.items():
            new.writestr(member, data)


@pytest.fixture
def model(trained: fs.Detector, tmp_path: Path) -> Path:
    return trained.save(tmp_path / "m.model")


@pytest.mark.slow
def test_a_moved_model_scores_identically_in_another_process(
    model: Path, textures: pd.DataFrame, trained: fs.Detector, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    model.rename(moved)
    code = (
        "import sys, facespectra as fs; "
        "print(*[score.hex() for score in fs.load(sys.argv[1]).score(sys.argv[2:]).tolist()])"
    )
    paths = textures["path"].tolist()[:4]
    done = subprocess.run(
        [sys.executable, "-c", code, str(moved), *paths], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [score.hex() for score in trained.score(paths).tolist()]


def test_a_model_keeps_its_settings_and_no_paths(
    trained: fs.Detector, model: Path, textures: pd.DataFrame
) -> None:
    again = fs.load(model)
    assert again.settings == trained.settings
    assert again.training_ == {**trained.training_, "left_out": []}
    with zipfile.ZipFile(model) as archive:
        schema = archive.read("schema.json").decode()
    assert str(Path(textures["path"][0]).parent) not in schema


def test_crop_settings_travel_with_the_model(
    textures: pd.DataFrame, table: FeatureTable, tmp_path: Path
) -> None:
    crop_settings = {"margin": 0.25, "square": True, "snap": True}
    detector = fs.Detector(crop_settings=crop_settings, feature_settings={"n_features": 20})
    detector.fit_features(table, textures["label"])
    again = fs.load(detector.save(tmp_path / "m.model"))
    assert again.cropper is not None
    assert again.cropper.get_params() == {**crop_settings, "device": None, "detector": None}


def test_no_pickle_is_in_a_model(model: Path) -> None:
    with zipfile.ZipFile(model) as archive:
        assert all(name.endswith((".npy", ".json")) for name in archive.namelist())


def test_a_newer_format_is_refused(model: Path) -> None:
    rewrite(model, HEADER, json.dumps({"format": 3, "facespectra": "9.0"}).encode())
    with pytest.raises(ModelError, match=r"facespectra 9\.0 in format 3.*upgrade"):
        fs.load(model)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_cut_file_is_refused(model: Path, keep: float) -> None:
    data = model.read_bytes()
    model.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(ModelError, match="not a model of facespectra, or damaged"):
        fs.load(model)


def test_a_flipped_byte_is_refused(model: Path) -> None:
    data = bytearray(model.read_bytes())
    data[len(data) // 4] ^= 0xFF
    model.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        fs.load(model)


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return (exec, ("raise SystemExit('run')",))


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "m.model"
    path.write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(ModelError, match="not a model"):
        fs.load(path)


@pytest.mark.parametrize(
    "kind", [("os", "system"), ("builtins", "eval"), ("sklearn.ensemble", "RandomForestClassifier")]
)
def test_foreign_types_are_refused_before_they_are_built(model: Path, kind: tuple[str, str]) -> None:
    with zipfile.ZipFile(model) as archive:
        schema = json.loads(archive.read("schema.json"))
    schema["content"]["extra"] = {
        "__class__": kind[1],
        "__module__": kind[0],
        "__loader__": "TypeNode",
        "__id__": 1,
    }
    rewrite(model, "schema.json", json.dumps(schema).encode())
    with pytest.raises(ModelError, match=rf"disallowed types: {kind[0]}\.{kind[1]}") as caught:
        fs.load(model)
    assert "\n" not in str(caught.value)


def test_another_skops_file_is_no_model(tmp_path: Path) -> None:
    from skops.io import dumps

    path = tmp_path / "m.model"
    path.write_bytes(dumps({"settings": {}}))
    with pytest.raises(ModelError, match="not a model of facespectra"):
        fs.load(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(HEADER, json.dumps({"format": 1}))
    with pytest.raises(ModelError, match="not a model of facespectra"):
        fs.load(path)


def test_settings_that_do_not_fit_are_refused(trained: fs.Detector, tmp_path: Path) -> None:
    from facespectra.detector.model_file import dumps, loads

    good = loads(trained.to_bytes(), "m.model")
    narrower = {**good["settings"], "feature_settings": {"n_features": 21}}
    (tmp_path / "other.model").write_bytes(dumps({**good, "settings": narrower}))
    with pytest.raises(ModelError, match="does not fit the features"):
        fs.load(tmp_path / "other.model")
    (tmp_path / "other.model").write_bytes(dumps({**good, "settings": {"colour": "blue"}}))
    with pytest.raises(ModelError, match="settings in the model are not understood"):
        fs.load(tmp_path / "other.model")


def test_no_file_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read the model"):
        fs.load(tmp_path / "missing.model")


def test_allowed_types_are_those_that_models_hold(
    textures: pd.DataFrame, table: FeatureTable, tmp_path: Path
) -> None:
    from facespectra.detector.model_file import _types

    held = set()
    for classifier in CLASSIFIERS:
        path = (
            whole_image_detector(classifier, scale=True)
            .fit_features(table, textures["label"])
            .save(tmp_path / "m.model")
        )
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            held |= set(_types(json.loads(archive.read("schema.json"))))
    assert held <= ALLOWED_TYPES

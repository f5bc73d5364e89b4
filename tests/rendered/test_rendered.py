"""Drawn faces: seeded, found by the detector, and different from their fakes by the swap alone."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")

from facespectra.images import to_grey  # noqa: E402
from facespectra.rendered.database import CAMERAS, SWAPS, render_database, render_face  # noqa: E402


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered") / "Task_1"
    render_database(folder, "Task_1", n_people=6, seed=3)
    return folder


# --- faces ----------------------------------------------------------------------------------------


def test_mtcnn_finds_the_faces() -> None:
    pytest.importorskip("lz4", reason="needs the face finder (extra faces)")
    from facespectra.faces import FaceCropper

    rng = np.random.default_rng(11)
    pictures = [render_face(rng, camera=camera) for camera in ("A", "B", "C") for _ in range(20)]
    faces = FaceCropper().detect(pictures)
    assert len(faces) == 60
    assert faces.count(None) <= 3


@pytest.mark.parametrize("size", [32, 101, 256])
def test_the_same_generator_state_gives_the_same_bits(size: int) -> None:
    first = render_face(np.random.default_rng(1), size)
    assert (first.mode, first.size) == ("RGB", (size, size))
    assert first.tobytes() == render_face(np.random.default_rng(1), size).tobytes()
    assert first.tobytes() != render_face(np.random.default_rng(2), size).tobytes()


def test_one_generator_draws_many_people() -> None:
    rng = np.random.default_rng(4)
    faces = np.stack([np.asarray(render_face(rng, 64), np.float64) for _ in range(12)])
    assert len(np.unique(faces.mean((1, 2, 3)).round(6))) == 12
    assert faces.std(0).mean() > 15
    # Exposed like photographs: neither black nor burnt out, in colour.
    assert 40 < faces.mean() < 215
    assert (faces >= 255).mean() < 0.05
    assert np.abs(faces[..., 0] - faces[..., 2]).mean() > 10


def test_a_camera_leaves_its_mark() -> None:
    def roughness(camera: str, **changes: object) -> float:
        # The same person in the same shot, whatever the camera.
        changed = replace(CAMERAS[camera], **changes)  # type: ignore[arg-type]
        grey = to_grey(render_face(np.random.default_rng(9), 128, camera=changed)).astype(float)
        return float(np.abs(np.diff(grey, axis=1)).mean())

    plain = roughness("A", noise=(0.0, 0.0), sharpening=(0.0, 0.0))
    assert roughness("A", noise=(0.02, 0.02), sharpening=(0.0, 0.0)) > plain * 1.2
    assert roughness("A", noise=(0.0, 0.0), sharpening=(1.0, 1.0)) > plain * 1.1
    assert roughness("A", noise=(0.0, 0.0), sharpening=(0.0, 0.0), blur=(3.0, 3.0)) < plain * 0.8


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="size must be at least 32"):
        render_face(np.random.default_rng(0), 31)
    for wrong in ({"n_people": 1}, {"seed": -1}, {"pictures": 0}, {"size": 8}):
        with pytest.raises(ValueError, match="at least"):
            render_database(tmp_path, "x", **{"n_people": 2, "seed": 0, **wrong})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# --- databases ------------------------------------------------------------------------------------


def test_the_manifest_and_the_folders_say_the_same(database: Path) -> None:
    table = rows(database)
    assert list(table[0]) == ["path", "label", "group", "split"]
    assert {row["path"] for row in table} == set(contents(database)) - {"manifest.csv"}
    assert len(table) == 6 * 2 * 2
    for row in table:
        split, kind, name = Path(row["path"]).parts
        assert split == row["split"]
        assert {"real": "0", "fake": "1"}[kind] == row["label"]
        assert name.startswith(row["group"] + "_")
        with Image.open(database / row["path"]) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (256, 256))


def test_no_split_cuts_through_a_group_and_every_fake_has_its_real_twin(database: Path) -> None:
    table = rows(database)
    splits: dict[str, set[str]] = {}
    for row in table:
        splits.setdefault(row["group"], set()).add(row["split"])
    assert sorted(map(sorted, splits.values())) == [["development"]] * 4 + [["evaluation"]] * 2
    twins = {"0": set(), "1": set()}
    for row in table:
        twins[row["label"]].add((row["group"], Path(row["path"]).name))
    assert twins["0"] == twins["1"]


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("Task_2_3", ["evaluation/fake", "evaluation/real"]),
        ("extra", ["fake", "real"]),
    ],
)
def test_the_other_databases_are_laid_out_like_the_originals(
    tmp_path: Path, name: str, folders: list[str]
) -> None:
    calls: list[tuple[int, int]] = []
    render_database(
        tmp_path, name, n_people=2, seed=0, pictures=1, size=64, progress=lambda *done: calls.append(done)
    )
    names = sorted({Path(path).parent.as_posix() for path in contents(tmp_path)} - {"."})
    assert names == folders
    assert {row["split"] for row in rows(tmp_path)} == {"evaluation" if name == "Task_2_3" else ""}
    assert calls == [(1, 2), (2, 2)]


def test_the_data_set_reader_understands_it(database: Path) -> None:
    pytest.importorskip("pandas", reason="needs pandas (extra detect)")
    from facespectra.datasets import read_dataset

    table = read_dataset(database)
    assert table.groupby(["split", "label"]).size().tolist() == [8, 8, 4, 4]
    assert table["group"].nunique() == 6


def test_the_same_seed_gives_the_same_files_and_another_gives_others(tmp_path: Path) -> None:
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        render_database(tmp_path / folder, "extra", n_people=2, seed=seed, pictures=1, size=64)
    first, again, other = (contents(tmp_path / folder) for folder in "abc")
    assert first == again
    assert all(first[path] != other[path] for path in first if path.endswith(".jpg"))


def test_a_person_depends_on_name_seed_and_number_alone(tmp_path: Path) -> None:
    render_database(tmp_path / "small", "extra", n_people=2, seed=5, pictures=1, size=64)
    render_database(tmp_path / "large", "extra", n_people=3, seed=5, pictures=1, size=64)
    small, large = contents(tmp_path / "small"), contents(tmp_path / "large")
    assert {path: large[path] for path in small if path.endswith(".jpg")} == {
        path: content for path, content in small.items() if path.endswith(".jpg")
    }
    # By another name, with the same camera, they are other people.
    render_database(tmp_path / "other", "more", n_people=2, seed=5, pictures=1, size=64)
    assert not set(contents(tmp_path / "other").values()) & set(small.values())


def test_a_fake_differs_from_its_real_twin_inside_the_face_alone(tmp_path: Path) -> None:
    # Without JPEG's help at the edges of blocks: the best quality there is.
    # A sharp lens: here the generator is to be what limits the detail.
    camera = replace(CAMERAS["A"], quality=(100, 100), blur=(0.2, 0.2))
    render_database(tmp_path, "extra", n_people=4, seed=2, pictures=1, camera=camera)
    for real in sorted((tmp_path / "real").iterdir()):
        change = np.abs(grey(real) - grey(tmp_path / "fake" / real.name))
        assert change[90:170, 90:166].mean() > 3
        border = np.concatenate([change[:24].ravel(), change[:, :24].ravel(), change[:, -24:].ravel()])
        assert border.max() <= 3


def test_both_classes_leave_through_the_same_encoder(database: Path) -> None:
    for real in sorted(database.glob("*/real/*.jpg")):
        with Image.open(real) as first, Image.open(real.parents[1] / "fake" / real.name) as second:
            assert first.quantization == second.quantization  # type: ignore[attr-defined]


def test_the_generators_resolution_limits_the_detail(tmp_path: Path) -> None:
    # A sharp lens: here the generator is to be what limits the detail.
    camera = replace(CAMERAS["A"], quality=(100, 100), blur=(0.2, 0.2))
    details = []
    for name, resolution in (("coarse", (24, 24)), ("fine", (140, 140))):
        swap = replace(SWAPS["A"], resolution=resolution, sharpening=(0.0, 0.0))
        folder = tmp_path / name
        render_database(folder, "extra", n_people=3, seed=2, pictures=1, camera=camera, swap=swap)
        faces = [grey(path)[100:160, 100:156] for path in sorted((folder / "fake").iterdir())]
        details.append(np.mean([np.abs(np.diff(face, axis=1)).mean() for face in faces]))
    assert details[0] < 0.6 * details[1]


def grey(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return to_grey(image).astype(float)

"""The core's MTCNN finds what facenet-pytorch's finds, and reads its parameters without torch."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facespectra._mtcnn import Detection, NativeFinder, ReferenceFinder, has_core
from facespectra._mtcnn_weights import read_parameters, read_weights
from facespectra.errors import ModelError

facenet = pytest.importorskip("facenet_pytorch", reason="needs facenet-pytorch (extra torch)")
if not has_core():
    pytest.skip("the native core is not built", allow_module_level=True)

import torch  # noqa: E402 - there, since facenet-pytorch is

import facespectra._core as _core  # noqa: E402
from facespectra.images import find_images, read_image  # noqa: E402
from facespectra.rendered.database import render_face  # noqa: E402

DATA = Path(facenet.__file__).parent / "data"
NETS = ("pnet", "rnet", "onet")


@pytest.fixture(scope="module")
def native() -> NativeFinder:
    return NativeFinder()


@pytest.fixture(scope="module")
def reference() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield ReferenceFinder()
    torch.set_num_threads(before)


def pictures() -> list[np.ndarray]:
    """Faces of several sizes, alone and in company, whole and cut off, and none."""
    rng = np.random.default_rng(3)
    small, large, wide = (np.asarray(render_face(rng, side)) for side in (150, 230, 301))
    crowd = np.full((260, 420, 3), 90, np.uint8)
    crowd[5:155, 5:155], crowd[20:250, 185:415] = small, large
    noise = rng.integers(0, 256, (64, 90, 3)).astype(np.uint8)
    return [
        small,
        crowd,
        wide[:, 90:],
        wide[60:, :240],
        noise,
        np.zeros((20, 300, 3), np.uint8),
        wide[::2, ::2],
    ]


def assert_same(ours: list[Detection], theirs: list[Detection]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.corners, other.corners, atol=2e-3)
        np.testing.assert_allclose(one.landmarks, other.landmarks, atol=2e-3)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)


@pytest.mark.parametrize("picture", pictures(), ids=lambda picture: "x".join(map(str, picture.shape)))
def test_every_face_is_the_reference_s(
    native: NativeFinder, reference: ReferenceFinder, picture: np.ndarray
) -> None:
    assert_same(native.find(picture, enough=0), reference.find(picture))


def test_there_is_something_to_compare(reference: ReferenceFinder) -> None:
    assert [len(reference.find(picture)) > 0 for picture in pictures()][:2] == [True, True]
    assert len(reference.find(pictures()[1])) > 1


def test_the_largest_is_the_same_where_finer_scales_are_left_out(native: NativeFinder) -> None:
    for picture in pictures():
        assert native.find(picture)[:1] == native.find(picture, enough=0)[:1]
    # And they are: the small face of the crowd is only seen by those.
    crowd = np.repeat(np.repeat(pictures()[1], 2, 0), 2, 1)
    crowd[:, :360] = 90
    crowd[:75, :75] = pictures()[0][::2, ::2]
    assert len(native.find(crowd, enough=0)) == 2
    assert len(native.find(crowd)) == 1


@pytest.mark.parametrize("level", _core.simd_levels())
def test_all_instruction_sets_agree(native: NativeFinder, level: str) -> None:
    parameters = {
        f"{net}.{name}": values
        for net in NETS
        for name, values in read_parameters(DATA / f"{net}.pt").items()
    }
    finder = _core.FaceFinder(parameters, level)
    for picture in pictures():
        rows = finder.find(np.ascontiguousarray(picture)).tolist()
        assert_same(
            [Detection(row[:4], row[4], tuple(zip(row[5:15:2], row[6:15:2], strict=True))) for row in rows],
            native.find(picture, enough=0),
        )


def test_threads_and_memory_layout_change_nothing(native: NativeFinder) -> None:
    expected = [native.find(picture) for picture in pictures()]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(native.find, pictures() * 3)) == expected * 3
    for picture, faces in zip(pictures(), expected, strict=True):
        padded = np.zeros((picture.shape[0], picture.shape[1] + 5, 3), np.uint8)[:, 2:-3]
        padded[:] = picture
        assert native.find(padded) == faces
        assert native.find(np.asfortranarray(picture)) == faces


@pytest.mark.parametrize("shape", [(50, 50), (50, 50, 4), (0, 0, 3), (19, 100, 3)])
def test_odd_shapes(native: NativeFinder, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    if shape[2:] == (3,):
        assert native.find(image) == []
    else:
        with pytest.raises(ValueError, match=r"shape \(H, W, 3\)"):
            native.find(image)


@pytest.mark.shared
def test_photographs(native: NativeFinder, reference: ReferenceFinder, shared_data: Path) -> None:
    files = find_images(shared_data / "lab")[::24]
    pixels = [np.asarray(read_image(file)) for file in files]
    assert len(files) == 20
    for picture in pixels:
        assert_same(native.find(picture)[:1], reference.find(picture)[:1])


@pytest.mark.parametrize("net", NETS)
def test_parameters_are_read_as_torch_reads_them(net: str) -> None:
    ours = read_parameters(DATA / f"{net}.pt")
    theirs = torch.load(DATA / f"{net}.pt", weights_only=True)
    assert list(ours) == list(theirs)
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name].numpy())


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.getcwd, ()


def test_nothing_else_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pnet.pt"
    whole = (DATA / "pnet.pt").read_bytes()
    for content in (b"", whole[:100], whole[:-100], pickle.dumps(Harmful()), pickle.dumps(1) * 5):
        file.write_bytes(content)
        with pytest.raises(ModelError, match=r"cannot read MTCNN's parameters from .*pnet\.pt"):
            read_parameters(file)
    with pytest.raises(ModelError, match="No such file"):
        read_parameters(tmp_path / "absent.pt")


def test_parameters_of_another_shape_are_refused() -> None:
    parameters = {
        f"{net}.{name}": values
        for net in NETS
        for name, values in read_parameters(DATA / f"{net}.pt").items()
    }
    with pytest.raises(ValueError, match=r"parameter rnet\.conv2\.weight has the wrong shape"):
        _core.FaceFinder({**parameters, "rnet.conv2.weight": np.zeros((48, 28, 3, 2), np.float32)})
    del parameters["onet.dense5.bias"]
    with pytest.raises(ValueError, match=r"needs the parameter onet\.dense5\.bias"):
        _core.FaceFinder(parameters)


def mtcnn_folder() -> Path:
    """Where mtcnn's weights are; it is not imported, which would need TensorFlow."""
    spec = find_spec("mtcnn")
    if spec is None:
        pytest.skip("needs mtcnn (extra faces)")
    return Path(spec.submodule_search_locations[0], "assets", "weights")


def test_both_wheels_carry_the_same_weights() -> None:
    mtcnn_folder()
    light, torchs = read_weights("mtcnn"), read_weights("facenet_pytorch")
    assert len(light) == 50
    assert light.keys() == torchs.keys()
    for name, values in torchs.items():
        assert (light[name].shape, light[name].dtype) == (values.shape, values.dtype)
        assert light[name].tobytes() == values.tobytes()


def test_damaged_weights_of_mtcnn_are_refused(tmp_path: Path) -> None:
    folder = mtcnn_folder()
    lz4 = pytest.importorskip("lz4.frame", reason="needs mtcnn (extra faces)")
    whole = (folder / "pnet.lz4").read_bytes()
    content = lz4.decompress(whole)
    broken = {
        "cut": whole[: len(whole) // 2],
        "no-frame": b"nothing",
        "other-network": (folder / "rnet.lz4").read_bytes(),
        "doubles": lz4.compress(content.replace(b"\x8c\x02f4", b"\x8c\x02f8")),
        "foreign": lz4.compress(pickle.dumps([os.system], protocol=4)),
        "no-arrays": lz4.compress(pickle.dumps([1] * 13, protocol=4)),
        "endless": lz4.compress(bytes(2**26)),
    }
    for name, damaged in broken.items():
        file = tmp_path / name / "pnet.lz4"
        file.parent.mkdir()
        file.write_bytes(damaged)
        with pytest.raises(ModelError, match="cannot read MTCNN's parameters") as caught:
            read_parameters(file)
        assert "\n" not in str(caught.value)

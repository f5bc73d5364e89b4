"""ResNet-50 in bfloat16: only where it pays, and only where the features stay what they are."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import pytest

import facespectra as fs
from facespectra.deep import ResNet50, inference
from facespectra.deep import network as network_module

for _package in ("sklearn", "torchvision"):
    pytest.importorskip(_package, reason="needs the detect extra")
torch = pytest.importorskip("torch", reason="needs the torch extra")
pytest.importorskip("PIL", reason="needs the faces extra")

from resnet import make_state  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def touchy_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that adds 1000 to what it sees and takes it off again: 8 bits leave nothing in between."""
    state = make_state()
    state["bn1.bias"] = torch.full((64,), 1e3)
    for convolution, normalisation in (("conv1", "bn1"), ("downsample.0", "downsample.1")):
        sums = state[f"layer1.0.{convolution}.weight"].sum(dim=(1, 2, 3))
        state[f"layer1.0.{normalisation}.running_mean"] = 1e3 * sums
    path = tmp_path_factory.mktemp("weights") / "touchy.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    from facespectra.rendered.database import render_face

    rng = np.random.default_rng(3)
    return [np.asarray(render_face(rng, 200)) for _ in range(3)]


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


@pytest.mark.slow
def test_features_in_bfloat16_agree_with_those_in_float32(
    weights_file: Path, crops: list[np.ndarray]
) -> None:
    exact = fs.DeepFeatures(weights_file, precision="float32").transform(crops)
    rough = fs.DeepFeatures(weights_file, precision="bfloat16").transform(crops)
    assert rough.dtype == np.float32
    assert not np.array_equal(exact, rough)
    assert cosines(exact, rough).min() > inference.MIN_AGREEMENT
    # Pooled in float32: the means have more than bfloat16's 8 bits.
    assert not np.array_equal(rough, torch.from_numpy(rough).bfloat16().float().numpy())


def test_bfloat16_gives_a_crop_the_same_bits_alone_and_among_others(
    weights_file: Path, crops: list[np.ndarray]
) -> None:
    deep = fs.DeepFeatures(weights_file, precision="bfloat16")
    together = deep.transform(crops)
    np.testing.assert_array_equal(np.concatenate([deep.transform([crop]) for crop in crops]), together)
    np.testing.assert_array_equal(deep.transform(crops[::-1]), together[::-1])


@pytest.mark.slow
def test_auto_takes_bfloat16_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, weights_file: Path, crops: list[np.ndarray]
) -> None:
    for has, expected in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(inference, "cpu_has_bfloat16", lambda has=has: has)
        # Another processor: a network that was loaded for this one must not be shared.
        monkeypatch.setattr(network_module, "_SHARED", WeakValueDictionary())
        network = ResNet50(weights_file)
        assert network.computes_in == expected
        named = fs.DeepFeatures(weights_file, precision=expected).transform(crops)
        np.testing.assert_array_equal(network.features(crops), named)


@pytest.mark.slow
def test_auto_keeps_float32_for_a_network_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, touchy_weights: Path, crops: list[np.ndarray]
) -> None:
    monkeypatch.setattr(inference, "cpu_has_bfloat16", lambda: True)
    assert ResNet50(touchy_weights).computes_in == "float32"
    exact = fs.DeepFeatures(touchy_weights, precision="float32").transform(crops)
    rough = fs.DeepFeatures(touchy_weights, precision="bfloat16").transform(crops)
    assert np.isfinite(exact).all()
    assert not cosines(exact, rough).min() > inference.MIN_AGREEMENT


def test_networks_of_two_precisions_are_not_mixed_up(weights_file: Path) -> None:
    one, other = (ResNet50(weights_file, precision=precision) for precision in ("float32", "bfloat16"))
    assert (one.computes_in, other.computes_in) == ("float32", "bfloat16")
    assert one.numerics != other.numerics
    assert ResNet50(weights_file).numerics == ResNet50(weights_file).numerics


def test_unknown_precision_is_refused(weights_file: Path) -> None:
    with pytest.raises(ValueError, match="precision must be auto, float32, bfloat16, not 'float16'"):
        fs.DeepFeatures(weights_file, precision="float16").transform([np.zeros((8, 8, 3), np.uint8)])


def test_the_kernel_says_what_torch_says(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(torch.cpu, "get_capabilities") or inference.cpu_flags() is None:
        pytest.skip("only one of them can tell")
    by_kernel = inference.cpu_has_bfloat16()
    monkeypatch.setattr(inference, "cpu_flags", lambda: None)
    assert inference.cpu_has_bfloat16() == by_kernel


@pytest.mark.parametrize(("flags", "expected"), [({"avx2"}, False), ({"sse2", "amx_bf16"}, True)])
def test_the_kernels_flags_are_enough(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], expected: bool
) -> None:
    monkeypatch.setattr(inference, "cpu_flags", lambda: flags)
    assert inference.cpu_has_bfloat16() == expected


def test_capabilities_that_nobody_can_tell_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "cpu_flags", lambda: None)
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not inference.cpu_has_bfloat16()

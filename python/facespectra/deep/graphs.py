"""Makes the ONNX graphs of this package, which hold no weights: ``python -m facespectra.deep.graphs``.

It needs the package onnx, which the graphs do not need when they are run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from facespectra.deep.crops import SIDE
from facespectra.deep.efficientnet import BLOCKS, FLOOR, GRAPHS, LAYERS, REGIONS, WIDTH, Block, padding

OPSET, IR_VERSION = 17, 8


class Graph:
    """Nodes and weights of a graph under construction."""

    def __init__(self) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self.helper, self.float, self.array = helper, TensorProto.FLOAT, numpy_helper.from_array
        self.tensor, self.external = TensorProto, TensorProto.EXTERNAL
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def node(self, kind: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add an operation, and give the name of its output."""
        self.nodes.append(self.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, name: str, values: Any, dtype: Any = np.float32) -> str:
        """Add a small array that the file holds."""
        self.initializers.append(self.array(np.asarray(values, dtype), name))
        return name

    def weight(self, name: str, shape: tuple[int, ...]) -> str:
        """Declare an array that is handed in when the graph is loaded."""
        tensor = self.tensor(name=name, dims=shape, data_type=self.float, data_location=self.external)
        for key, value in (
            ("location", "weights"),
            ("offset", "0"),
            ("length", str(4 * int(np.prod(shape)))),
        ):
            tensor.external_data.add(key=key, value=value)
        self.initializers.append(tensor)
        return name

    def file(self, inputs: dict[str, tuple[int, ...]], outputs: dict[str, tuple[int, ...]]) -> bytes:
        """Give the bytes of the graph's file."""
        taken, given = (
            [self.helper.make_tensor_value_info(name, self.float, shape) for name, shape in one.items()]
            for one in (inputs, outputs)
        )
        graph = self.helper.make_graph(self.nodes, "facespectra", taken, given, self.initializers)
        opset = self.helper.make_opsetid("", OPSET)
        model = self.helper.make_model(graph, opset_imports=[opset], producer_name="facespectra")
        model.ir_version = IR_VERSION
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def add_blocks(graph: Graph, blocks: tuple[Block, ...]) -> list[tuple[str, int, int]]:
    """Add blocks one after the other; give name, channels and side of each one's output."""
    graph.constant("lowest", 0.0)
    graph.constant("highest", 6.0)
    current, channels, side = "picture", 3, SIDE
    outputs = []
    for block in blocks:
        before = current
        for one in block.convolutions:
            shape = (one.outputs, channels // one.groups, one.kernel, one.kernel)
            weights = graph.weight(f"{one.name}.weight", shape), graph.weight(f"{one.name}.bias", shape[:1])
            first, last = padding(side, one.kernel, one.stride)
            current = graph.node(
                "Conv",
                current,
                *weights,
                name=one.name,
                kernel_shape=[one.kernel] * 2,
                strides=[one.stride] * 2,
                pads=[first, first, last, last],
                group=one.groups,
            )
            if one.clipped:
                current = graph.node("Clip", current, "lowest", "highest", name=f"{one.name}.clipped")
            channels, side = one.outputs, -(-side // one.stride)
        if block.residual:
            current = graph.node("Add", current, before, name=f"{current}.sum")
        outputs.append((current, channels, side))
    return outputs


def texture() -> bytes:
    """Mean and log spread of the channels of :data:`LAYERS` over regions, and relative to the ring.

    ``picture``, (1, 3, 224, 224), and ``regions``, the same shape, 1 inside each of :data:`REGIONS` and 0
    outside, give ``features``, (1, 1632), in the order of :mod:`facespectra.texture.layout`.
    """
    graph = Graph()
    outputs = add_blocks(graph, GRAPHS["texture"])
    graph.constant("floor", FLOOR)
    graph.constant("last", [-1], np.int64)
    parts: dict[str, list[str]] = {name: [] for name in REGIONS}
    for layer in LAYERS:
        output, channels, side = outputs[layer + 1]
        graph.constant(f"cells{layer}", [len(REGIONS), 1, side * side], np.int64)
        graph.constant(f"values{layer}", [1, channels, side * side], np.int64)
        # How much of each cell is inside a region, as a share of the whole region: (regions, 1, cells).
        step = SIDE // side
        inside = graph.node(
            "AveragePool", "regions", name=f"inside{layer}", kernel_shape=[step] * 2, strides=[step] * 2
        )
        inside = graph.node("Reshape", inside, f"cells{layer}", name=f"inside{layer}.cells")
        total = graph.node("ReduceSum", inside, "last", name=f"total{layer}", keepdims=1)
        share = graph.node("Div", inside, total, name=f"share{layer}")
        values = graph.node("Reshape", output, f"values{layer}", name=f"values{layer}.cells")

        def average(name: str, of: str, share: str = share) -> str:
            weighted = graph.node("Mul", of, share, name=f"{name}.weighted")
            return graph.node("ReduceSum", weighted, "last", name=name, keepdims=1)

        mean = average(f"mean{layer}", values)
        apart = graph.node("Sub", values, mean, name=f"apart{layer}")
        square = graph.node("Mul", apart, apart, name=f"square{layer}")
        spread = graph.node("Sqrt", average(f"variance{layer}", square), name=f"spread{layer}")
        spread = graph.node("Add", spread, "floor", name=f"spread{layer}.floored")
        spread = graph.node("Log", spread, name=f"log{layer}")
        # (regions, statistics, channels)
        both = graph.node("Concat", mean, spread, name=f"both{layer}", axis=2)
        both = graph.node("Transpose", both, name=f"both{layer}.turned", perm=[0, 2, 1])
        names = [f"{region}{layer}" for region in REGIONS]
        graph.nodes.append(graph.helper.make_node("Split", [both], names, axis=0))
        for region, name in zip(REGIONS, names, strict=True):
            parts[region].append(graph.node("Flatten", name, name=f"{name}.flat", axis=0))
    joined = {
        region: graph.node("Concat", *names, name=f"{region}.all", axis=1) for region, names in parts.items()
    }
    relative = [
        graph.node("Sub", joined[region], joined["ring"], name=f"{region}.relative")
        for region in ("inner", "mouth")
    ]
    graph.node("Concat", joined["ring"], *relative, name="features", axis=1)
    width = 6 * sum(outputs[layer + 1][1] for layer in LAYERS)
    shape = (1, len(REGIONS), SIDE, SIDE)
    return graph.file({"picture": (1, 3, SIDE, SIDE), "regions": shape}, {"features": (1, width)})


def layers() -> bytes:
    """Give the channels of :data:`LAYERS` by position: (1, 3, 224, 224) to one (1, channels, h, w) each."""
    graph = Graph()
    outputs = add_blocks(graph, GRAPHS["layers"])
    given: dict[str, tuple[int, ...]] = {}
    for layer in LAYERS:
        output, channels, side = outputs[layer + 1]
        given[output] = (1, channels, side, side)
    return graph.file({"picture": (1, 3, SIDE, SIDE)}, given)


def pooled() -> bytes:
    """Make the whole network but for its classifier: (1, 3, 224, 224) to ``features``, (1, 1280)."""
    graph = Graph()
    current, _, _ = add_blocks(graph, GRAPHS["pooled"])[len(BLOCKS) + 1]
    current = graph.node("GlobalAveragePool", current, name="average")
    graph.node("Flatten", current, name="features")
    return graph.file({"picture": (1, 3, SIDE, SIDE)}, {"features": (1, WIDTH)})


def main() -> None:
    """Write the graphs beside this module."""
    for make in (texture, layers, pooled):
        Path(__file__).with_name(f"{make.__name__}.onnx").write_bytes(make())


if __name__ == "__main__":
    main()

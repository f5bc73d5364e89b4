"""Scores and features by Ray Data, on one machine or many: datasets in, datasets out.

Needs the extra ``ray``. What a worker computes is what one machine computes, to the last bit, whatever the
number of workers, the sizes of blocks and their order. ``facespectra extract``, ``score``, ``train`` and
``evaluate`` do the same with ``--ray``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.distributed.batches import ExtractBatch, ScoreBatch
    from facespectra.distributed.datasets import extract, score

__all__ = ["ExtractBatch", "ScoreBatch", "extract", "score"]

__getattr__ = lazy_names(
    __name__,
    {
        "ExtractBatch": "facespectra.distributed.batches",
        "ScoreBatch": "facespectra.distributed.batches",
        "extract": "facespectra.distributed.datasets",
        "score": "facespectra.distributed.datasets",
    },
)

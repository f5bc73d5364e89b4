"""Synthetic swaps of the real samples of a subset: training data without a single fake photograph."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from facespectra._versions import versions_of
from facespectra.datasets.sources import sources_of
from facespectra.detector.synthetic import DRAWS, SyntheticSet, synthetic_set
from facespectra.errors import DatasetError
from facespectra.features.cache import key_of
from facespectra.features.status import Kind, Status
from facespectra.features.table import FeatureTable
from facespectra.lab.subsets import MissingSubset, Subset, TrainingSet
from facespectra.synth import SwapSettings

if TYPE_CHECKING:
    from facespectra._progress import Progress
    from facespectra.detector import Detector
    from facespectra.features.extraction import Extractor

SWAPS_OF = "synthetic swaps of"
NO_REAL_FACE = "there is no real face to make swaps of"
# Raise it with every change of the generator that changes what it gives: cached swaps are then out of date.
SWAPS = 4


def make_swaps(
    name: str, subset: Subset, generator: Detector, extractor: Extractor, progress: Progress
) -> TrainingSet:
    """Make twins of the real samples of a subset, once for the same photographs and settings.

    `generator` is an untrained detector, whose features they are given; its seed is that of the swaps. The
    cache is the extractor's.
    """
    real = subset.take(np.flatnonzero(subset.labels == 0).tolist()).originals()
    settings = SwapSettings()
    digests = [extractor.digest(path) for path in real.samples["path"]]
    sources = sources_of(real.samples)
    groups = real.groups.tolist()
    key = key_of(
        stage=SWAPS,
        groups=groups,
        photographs=[[digest, str(source)] for digest, source in zip(digests, sources, strict=True)],
        settings=asdict(settings),
        draws=DRAWS,
        seed=generator.seed,
        features=generator.settings,
        versions=versions_of("numpy", "scipy", "pillow", "av", "facenet-pytorch", "torch", "onnxruntime"),
    )
    cache = extractor.cache
    entry = cache.fetch("swaps", key) if cache else None
    if entry is not None:
        return _subset(name, _unpacked(entry), generator.features)
    try:
        twins = synthetic_set(
            generator, sources, groups=groups, settings=settings, seed=generator.seed, progress=progress
        )
    except DatasetError:
        return MissingSubset(name, NO_REAL_FACE)
    if cache:
        cache.store("swaps", key, _packed(twins))
    return _subset(name, twins, generator.features)


def _subset(name: str, twins: SyntheticSet, features: str) -> Subset:
    import pandas as pd

    samples = pd.DataFrame(
        {
            "path": twins.table.paths,
            "label": np.array(twins.labels, np.int64),
            "group": twins.groups,
            "split": "train",
            "change": "",
        }
    )
    return Subset(name, samples, {features: twins.table})


def _packed(made: SyntheticSet) -> bytes:
    content = io.BytesIO()
    table = made.table
    statuses = [[status.kind, status.reason] for status in table.statuses]
    content.write(json.dumps([table.paths, statuses, made.labels, made.groups]).encode() + b"\n")
    np.save(content, table.matrix, allow_pickle=False)
    return content.getvalue()


def _unpacked(entry: bytes) -> SyntheticSet:
    head, _, rows = entry.partition(b"\n")
    paths, statuses, labels, groups = json.loads(head)
    statuses = [Status(Kind(kind), reason) for kind, reason in statuses]
    matrix = np.load(io.BytesIO(rows), allow_pickle=False)
    return SyntheticSet(FeatureTable(paths, statuses, [None] * len(paths), matrix), labels, groups)

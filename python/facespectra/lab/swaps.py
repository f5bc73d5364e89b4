"""Synthetic swaps of the real samples of a part: something to train on that holds no fake photograph."""

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
from facespectra.features.table import FeatureTable
from facespectra.lab.subsets import Subset
from facespectra.synth import SwapSettings

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features.extraction import Extractor, Progress

FEATURES = "regions"
# To be raised with every change of the generator that changes what comes out of it.
SWAPS = 2


def swaps_of(
    part: Subset, detector: Detector, extractor: Extractor, *, seed: int, progress: Progress
) -> Subset | None:
    """Make twins of the real samples of a part, once for the same photographs and settings.

    Parameters
    ----------
    part : Subset
        Its fakes are not looked at.
    detector : Detector
        Of features ``"regions"``; not trained.
    extractor : Extractor
        Its cache is used.
    seed : int
        Of the swaps.
    progress : callable
        Called with the number of pairs made and of all.

    Returns
    -------
    Subset or None
        None if there is no face to make swaps of.
    """
    real = part.take(np.flatnonzero(part.labels == 0).tolist()).originals()
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
        seed=seed,
        features=detector.settings,
        versions=versions_of("numpy", "scipy", "pillow", "av", "facenet-pytorch", "torch"),
    )
    entry = extractor.cache.fetch("swaps", key)
    if entry is None:
        try:
            made = synthetic_set(
                detector, sources, groups=groups, settings=settings, seed=seed, progress=progress
            )
        except DatasetError:
            return None
        extractor.cache.store("swaps", key, _packed(made))
    else:
        made = _unpacked(entry)
    return _part(f"synthetic swaps of {part.name}", made)


def _part(name: str, made: SyntheticSet) -> Subset:
    import pandas as pd

    samples = pd.DataFrame(
        {
            "path": made.table.paths,
            "label": np.array(made.labels, np.int64),
            "group": made.groups,
            "split": "train",
            "change": "",
        }
    )
    return Subset(name, samples, {FEATURES: made.table})


def _packed(made: SyntheticSet) -> bytes:
    content = io.BytesIO()
    table = made.table
    content.write(json.dumps([table.paths, table.statuses, made.labels, made.groups]).encode() + b"\n")
    np.save(content, table.matrix, allow_pickle=False)
    return content.getvalue()


def _unpacked(entry: bytes) -> SyntheticSet:
    head, _, rows = entry.partition(b"\n")
    paths, statuses, labels, groups = json.loads(head)
    matrix = np.load(io.BytesIO(rows), allow_pickle=False)
    return SyntheticSet(FeatureTable(paths, statuses, [None] * len(paths), matrix), labels, groups)

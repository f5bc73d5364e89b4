"""What a detector is trained on: the samples of a data set, and whether their features suffice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._files import PathLike
from facespectra.detector.inputs import CUT_OUT
from facespectra.errors import DatasetError
from facespectra.features.table import FeatureTable

if TYPE_CHECKING:
    import pandas as pd


def training_samples(
    dataset: pd.DataFrame | PathLike, split: str | None, augment: str | Iterable[str], frames: int
) -> pd.DataFrame:
    """List the samples to train on: frames of the training split, and their augmented copies."""
    import pandas as pd

    from facespectra.datasets.layouts import read_dataset
    from facespectra.datasets.manifest import as_manifest, select_split
    from facespectra.datasets.sources import add_copies, add_frames

    manifest = as_manifest(dataset) if isinstance(dataset, pd.DataFrame) else read_dataset(dataset)
    return add_copies(add_frames(select_split(manifest, "train", split), frames), augment)


def check_training(
    table: FeatureTable, labels: ArrayLike, groups: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[Any], dict[str, int]]:
    """Give labels, groups (each sample's own by default) and counts, if both classes have features."""
    truth = np.asarray(labels, dtype=np.int64)
    of_group = np.arange(len(truth)) if groups is None else np.asarray(groups)
    if not len(truth) == len(of_group) == len(table.statuses):
        raise ValueError(f"{len(table.statuses)} samples need as many labels and groups")
    counts = table.counts(truth)
    if not counts["n_real"] or not counts["n_fake"]:
        raise DatasetError(
            f"training needs usable samples of both classes, got {counts['n_real']} real and "
            f"{counts['n_fake']} fake ({counts['n_no_face']} without a face, "
            f"{counts['n_unreadable']} unreadable)" + (f"; {CUT_OUT}" if counts["n_no_face"] else "")
        )
    return truth, of_group, counts

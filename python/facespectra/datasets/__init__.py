"""Folders and manifests of labelled samples, read into one table with fake = 1."""

from __future__ import annotations

from facespectra.datasets.columns import COLUMNS
from facespectra.datasets.layouts import LAYOUTS, read_dataset
from facespectra.datasets.manifest import read_manifest, select_split
from facespectra.datasets.sources import add_frames

__all__ = ["COLUMNS", "LAYOUTS", "add_frames", "read_dataset", "read_manifest", "select_split"]

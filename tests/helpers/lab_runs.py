"""Helpers of the lab's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from facespectra.lab import LabResult, LabSettings

for _package in ("sklearn", "skops", "lz4", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")
for _package in ("pandas", "torch"):
    pytest.importorskip(_package, reason="needs the detect extra")

KERNELS = ["svm-poly", "svm-linear", "svm-rbf", "svm-sigmoid", "logistic", "kmeans"]
ROW = ["task", "system", "train", "test", "auc", "auc_ci95", "reported_auc"]


@contextmanager
def silent(what: str) -> Iterator[Any]:
    yield lambda done, total: None


def settings(data: Path, out: Path, **more: Any) -> LabSettings:
    given = {
        "task1": data / "Task_1",
        "task23": data / "Task_2_3",
        "extra": data / "extra",
        "download": False,
    }
    return LabSettings(out=out, **(given | more))


def rows_in(out: Path) -> list[dict[str, Any]]:
    return json.loads((out / "lab.json").read_text())


def computed(result: LabResult) -> dict[str, int]:
    return {stage: pair[1] for stage, pair in result.cache_counts.items() if pair[1]}

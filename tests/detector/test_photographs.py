"""The report's Task 1 and Task 2, on photographs."""

from __future__ import annotations

from pathlib import Path

import pytest

import facespectra as fs
from facespectra.features import FeatureTable
from facespectra.features.status import NO_FACE

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(shared_data: Path) -> dict[str, tuple[pd.DataFrame, FeatureTable]]:
    """Features of the three parts, extracted once for all classifiers."""
    task_1 = fs.read_dataset(shared_data / "lab/Task_1")
    parts = {name: part.reset_index(drop=True) for name, part in task_1.groupby("split")}
    parts["other"] = fs.read_dataset(shared_data / "lab/Task_2_3")
    return {name: (part, fs.Detector().extract(part["path"].tolist())) for name, part in parts.items()}


def test_faces_not_found_on_photographs(lab: dict[str, tuple[pd.DataFrame, FeatureTable]]) -> None:
    missing = {name: table.statuses.count(NO_FACE) for name, (_, table) in lab.items()}
    assert missing == {"development": 10, "evaluation": 1, "other": 0}


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [("svm-poly", 0.947), ("svm-linear", 0.851), ("svm-rbf", 0.878), ("svm-sigmoid", 0.200)],
)
def test_task_1_on_photographs(
    lab: dict[str, tuple[pd.DataFrame, FeatureTable]], classifier: str, expected: float
) -> None:
    (train, train_table), (test, test_table) = lab["development"], lab["evaluation"]
    detector = fs.Detector(classifier=classifier).fit_features(train_table, train["label"], train["group"])
    result = fs.evaluate(test["label"], detector.score_features(test_table), threshold=detector.threshold_)
    assert result.auc == pytest.approx(expected, abs=0.005)
    assert result.auc_flipped == pytest.approx(1 - expected, abs=0.005)
    assert any("polarity" in warning for warning in result.warnings) == (expected < 0.5)


def test_task_2_on_photographs(lab: dict[str, tuple[pd.DataFrame, FeatureTable]]) -> None:
    (train, train_table), (test, test_table) = lab["development"], lab["other"]
    detector = fs.Detector().fit_features(train_table, train["label"], train["group"])
    assert fs.evaluate(test["label"], detector.score_features(test_table)).auc == pytest.approx(
        0.5, abs=0.005
    )

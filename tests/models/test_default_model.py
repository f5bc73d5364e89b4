"""The model that is shipped: its file, its build, and what it tells apart."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import facespectra as fs
from facespectra.detector.loading import DEFAULT_MODEL, SHIPPED
from facespectra.detector.synthetic import synthetic_set
from facespectra.models.build import CHECKS, build
from facespectra.models.card import card_file
from facespectra.synth import SwapSettings
from facespectra.texture.layout import WIDTH

PLAIN = SwapSettings().without("chain_h264")


@pytest.mark.slow
def test_the_build_is_the_same_twice(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, "default", PLAIN)
    for name in set(CHECKS) - {"default"}:
        monkeypatch.delitem(CHECKS, name)
    pytest.importorskip("av")
    paths = sorted(photographs.iterdir())
    files = [build(paths, draws=1).save(tmp_path / f"{k}.skops").read_bytes() for k in range(2)]
    assert files[0] == files[1]


def test_the_shipped_model_is_small_and_ours() -> None:
    assert DEFAULT_MODEL.stat().st_size < 1_000_000
    with zipfile.ZipFile(DEFAULT_MODEL) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    detector = fs.load()
    assert (detector.features, detector.classifier) == ("texture", "experts")
    card = detector.training_["card"]
    assert card["held_out"]["default"]["auc"] > 0.9
    assert card["held_out"]["default"]["false_alarms"] < 0.1
    assert 0.2 < detector.threshold_ < 0.95
    # What explanations compare a face with.
    assert {name: known["mean"].shape for name, known in detector.class_features_.items()} == {
        "real": (WIDTH,),
        "fake": (WIDTH,),
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_are_loaded_by_their_names(name: str) -> None:
    assert fs.load(name).to_bytes() == SHIPPED[name].read_bytes()
    assert fs.load("regions").features == "regions"


@pytest.mark.shared
@pytest.mark.slow
def test_the_shipped_model_tells_real_swaps(shared_data: Path) -> None:
    rows = pd.read_csv(shared_data / "swaps" / "manifest.csv")
    rows = rows[rows.groupby("group").cumcount() % 3 == 0]
    scores = fs.load().score([shared_data / "swaps" / path for path in rows["path"]])
    labels = (rows["label"] == "fake").to_numpy()
    found = ~np.isnan(scores)
    assert fs.evaluate(labels[found], scores[found]).auc > 0.85
    clips = pd.DataFrame({"group": rows["group"], "label": labels, "score": scores}).groupby("group").mean()
    assert fs.evaluate(clips["label"].to_numpy(), clips["score"].to_numpy()).auc > 0.93


def test_the_card_to_read_has_the_figures_in_the_model() -> None:
    text = (Path(__file__).parents[2] / card_file()).read_text()
    for figures in fs.load().training_["card"]["held_out"].values():
        assert f"| {figures['auc']:.3f} |" in text


def test_the_shipped_model_tells_swaps_of_people_who_do_not_exist(photographs: Path) -> None:
    detector = fs.load()
    settings = SwapSettings(face_width=(80, 120), resolution=(32, 48)).without(
        "chain_h264", "chain_noise", "chain_jpeg"
    )
    made = synthetic_set(detector, sorted(photographs.iterdir()), settings=settings, draws=2)
    result = fs.evaluate(made.labels, detector.score_features(made.table))
    assert result.auc > 0.7


@pytest.mark.slow
@pytest.mark.shared
def test_the_shipped_model_on_photographs_that_it_has_not_seen(shared_data: Path) -> None:
    folder = shared_data / "lab" / "Task_2_3" / "evaluation" / "real"
    paths = sorted(folder.iterdir())[:16]
    detector = fs.load()
    settings = SwapSettings(face_width=(100, 200), resolution=(48, 80)).without("chain_h264")
    made = synthetic_set(detector, paths, settings=settings, draws=2)
    result = fs.evaluate(made.labels, detector.score_features(made.table))
    assert result.auc > 0.8

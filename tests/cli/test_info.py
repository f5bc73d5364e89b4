"""``facespectra info``: what it shows of the model that is shipped."""

from __future__ import annotations

import json

import pytest

import facespectra as fs
from facespectra.cli import main


def test_info_shows_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)["default_model"]
    assert card["held_out"]["early"]["auc"] == fs.load().training_["card"]["held_out"]["early"]["auc"]
    assert main(["info"]) == 0
    shown = capsys.readouterr().out
    assert f"early swaps: {card['held_out']['early']['auc']:.2f} (" in shown
    assert f"{card['photographs']} portraits" in shown


def test_info_without_scikit_learn_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name in ("sklearn", "skops") else object())
    assert main(["info"]) == 0
    assert 'pip install "facespectra[detect]"' in capsys.readouterr().out

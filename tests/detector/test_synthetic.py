"""Training on synthetic swaps of real photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.detector.synthetic import fit_synthetic, is_held_out, synthetic_set
from facespectra.synth import SwapSettings

PLAIN = SwapSettings().without("chain_h264")


def test_twins_share_their_group_and_wander_alike(photographs: Path) -> None:
    detector = fs.Detector("regions", "experts")
    paths = sorted(photographs.iterdir())[:3]
    made = synthetic_set(detector, paths, settings=PLAIN, draws=2)
    assert made.labels == [0, 1] * (len(made.labels) // 2)
    assert made.groups[::2] == made.groups[1::2]
    assert made.table.boxes[::2] == made.table.boxes[1::2]
    again = synthetic_set(detector, paths, settings=PLAIN, draws=2)
    np.testing.assert_array_equal(made.table.matrix, again.table.matrix)
    grouped = synthetic_set(detector, paths, groups=["p", "p", "q"], settings=PLAIN, draws=1)
    assert grouped.groups == ["p"] * 4 + ["q"] * 2


def test_training_needs_no_fake(photographs: Path, tmp_path: Path) -> None:
    detector = fs.Detector("regions", "experts")
    paths = sorted(photographs.iterdir())
    fit_synthetic(detector, [*paths, tmp_path / "missing.jpg"], settings=PLAIN, draws=2)
    assert detector.training_["n_real"] == detector.training_["n_fake"] > 10
    assert detector.training_["n_unreadable"] == 1
    assert detector.training_["held_out_auc"] > 0.6
    scores = detector.score(paths)
    assert ((scores > 0) & (scores < 1)).all()
    first, second = (detector.save(tmp_path / name).read_bytes() for name in ("a.skops", "b.skops"))
    assert first == second
    loaded = fs.load(tmp_path / "a.skops")
    assert loaded.score(paths).tolist() == scores.tolist()
    with pytest.raises(ValueError, match="need the face"):
        fit_synthetic(fs.Detector("regions", "experts", crop=False), paths)
    with pytest.raises(fs.errors.DatasetError, match="no face in any of 1 photographs"):
        fit_synthetic(detector, [tmp_path / "missing.jpg"])


def test_the_command_keeps_the_groups_of_a_manifest(
    photographs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from facespectra.detector import synthetic

    *real, fake = map(str, sorted(photographs.iterdir())[:5])
    rows = [f"{path},0,person{k // 2},train" for k, path in enumerate(real)]
    manifest = tmp_path / "m.csv"
    manifest.write_text("\n".join(["path,label,group,split", *rows, f"{fake},1,other,train"]) + "\n")

    def asked(_: object, photographs: list[str], *, groups: list[str], **__: object) -> None:
        assert photographs == real
        assert groups == ["person0", "person0", "person1", "person1"]
        raise fs.errors.DatasetError("asked rightly")

    monkeypatch.setattr(synthetic, "fit_synthetic", asked)
    arguments = ["train", str(manifest), "-o", str(tmp_path / "m.skops"), "--synthetic-fakes"]
    assert main(arguments) == 2
    assert "asked rightly" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_trains_on_synthetic_fakes(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "own.skops"
    arguments = ["train", str(photographs), "-o", str(model), "--synthetic-fakes", "--features", "regions"]
    pytest.importorskip("av")
    assert main(arguments) == 0
    assert "regions, experts" in capsys.readouterr().out
    assert fs.load(model).classifier == "experts"
    assert main([*arguments, "--augment", "flip"]) == 2


def test_held_out_photographs_are_chosen_by_name() -> None:
    names = [f"photo_{k}.jpg" for k in range(2000)]
    share = np.mean([is_held_out(name, 0.2) for name in names])
    assert share == pytest.approx(0.2, abs=0.03)
    assert all(is_held_out(name, 0.5) for name in names if is_held_out(name, 0.2))

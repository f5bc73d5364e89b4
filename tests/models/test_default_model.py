"""The experts, training on synthetic fakes, and the model that is shipped."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import facespectra as fs
from facespectra.cli import main
from facespectra.detector.experts import DETAIL, TwoExperts
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.detector.scores import Score, aggregate_scores, label_of
from facespectra.detector.synthetic import fit_synthetic, is_held_out, synthetic_set
from facespectra.evaluation.calibration import calibration_error
from facespectra.features.status import NO_FACE, OK, Kind, Status
from facespectra.models.build import CHECKS, build
from facespectra.regions.layout import N_RELATIVE, feature_names
from facespectra.rendered.database import render_face
from facespectra.synth import SwapSettings

PLAIN = SwapSettings().without("chain_h264")
WIDTH = len(feature_names())


def rows(n: int = 300, shift: float = 0.6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    matrix = rng.normal(size=(n, WIDTH)) * rng.uniform(0.5, 3, WIDTH) + rng.normal(size=WIDTH) * 5
    matrix[:, ::7] -= shift * labels[:, None]
    return matrix, labels


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(12):
        render_face(np.random.default_rng(seed), 176).save(folder / f"person_{seed}.png")
    return folder


def test_experts_are_the_mean_of_two_standardised_classifiers() -> None:
    matrix, labels = rows()
    scaler = StandardScaler().fit(matrix)
    standard = scaler.transform(matrix)
    one = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(standard[:, :-N_RELATIVE], labels)
    other = LogisticRegression(C=0.03, max_iter=10_000).fit(standard[:, -N_RELATIVE:], labels)
    said = [one.decision_function(standard[:, :-N_RELATIVE])]
    said.append(other.decision_function(standard[:, -N_RELATIVE:]))
    expected = np.mean([(values - values.mean()) / values.std() for values in said], axis=0)
    experts = TwoExperts().fit(matrix, labels)
    np.testing.assert_allclose(experts.decision_function(matrix), expected, atol=1e-9)
    for name, values in zip(("absolute", "relative"), said, strict=True):
        alone = TwoExperts(name).fit(matrix, labels).decision_function(matrix)
        np.testing.assert_allclose(alone, (values - values.mean()) / values.std(), atol=1e-9)


def test_contributions_add_up_and_name_what_decides() -> None:
    matrix, labels = rows()
    experts = TwoExperts().fit(matrix, labels)
    parts = experts.contributions(matrix[3])
    assert sum(parts.values()) == pytest.approx(experts.decision_function(matrix[3:4])[0])
    assert set(parts) == set(feature_names())
    sizes = np.abs(list(parts.values()))
    assert (np.diff(sizes) <= 0).all()
    lifted = matrix[3].copy()
    name = feature_names()[0]
    lifted[0] += 1e6
    assert next(iter(experts.contributions(lifted))) == name
    assert experts.dominant_expert(lifted) == "absolute"
    lifted[0], lifted[-1] = matrix[3, 0], 1e6
    assert experts.dominant_expert(lifted) == "relative"


def test_a_row_has_the_same_score_alone() -> None:
    matrix, labels = rows()
    experts = TwoExperts().fit(matrix, labels)
    together = experts.decision_function(matrix)
    assert [experts.decision_function(row[None])[0] for row in matrix] == together.tolist()


def test_calibration_gives_probabilities_in_the_same_order() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 4000)
    means = rng.normal(labels * 1.5, 1)
    experts = TwoExperts().fit(*rows())
    assert experts.calibrated(means).tolist() == means.tolist()
    probabilities = experts.calibrate(means[:2000], labels[:2000]).calibrated(means)
    assert (np.argsort(probabilities) == np.argsort(means)).all()
    assert calibration_error(labels[2000:], probabilities[2000:]) < 0.03
    assert calibration_error(labels, np.where(labels == 1, 0.0, 1.0)) > 0.9
    # Experts that are wrong stay wrong, and are seen to be.
    wrong = experts.calibrate(-means, labels).calibrated(np.array([-1.0, 1.0]))
    assert wrong[0] < wrong[1]


def test_doubts() -> None:
    experts = TwoExperts(least_width=64, least_detail=0.0).fit(*rows())
    row = np.ones(WIDTH)
    assert experts.abstention_reason(row, 64) == ""
    assert "a face of 63 pixels" in experts.abstention_reason(row, 63)
    row[feature_names().index(DETAIL)] = -0.1
    assert "too compressed" in experts.abstention_reason(row, 200)


def test_experts_take_region_features_alone() -> None:
    with pytest.raises(ValueError, match="judge features 'regions'"):
        TwoExperts().fit(np.zeros((4, 7)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="must be both"):
        TwoExperts("third").fit(*rows(8))
    with pytest.raises(ValueError, match="takes features 'regions', not 'spectrum'"):
        fs.Detector("spectrum", "experts")


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
    assert DEFAULT_MODEL.stat().st_size < 64_000
    with zipfile.ZipFile(DEFAULT_MODEL) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    detector = fs.load()
    assert (detector.features, detector.classifier) == ("regions", "experts")
    card = detector.training_["card"]
    assert card["held_out"]["default"]["auc"] > 0.85
    assert card["held_out"]["default"]["calibration_error"] < 0.08
    assert 0.2 < detector.threshold_ < 0.8


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


def test_labels_and_means() -> None:
    def frame(score: float, status: Status = OK) -> Score:
        return Score("v/1.jpg", score, status, (0, 0, 90, 90))

    doubtful = frame(0.9, Status(Kind.CANNOT_TELL, "a face of 12 pixels"))
    nothing = frame(float("nan"), NO_FACE)
    assert [label_of(one, 0.5) for one in (frame(0.5), frame(0.4), doubtful, nothing)] == [
        "fake",
        "real",
        "can't tell",
        "",
    ]
    assert aggregate_scores("v", [frame(0.2), doubtful, frame(0.4), nothing]).score == pytest.approx(0.3)
    only = aggregate_scores("v", [doubtful, nothing])
    assert (only.score, label_of(only, 0.5)) == (0.9, "can't tell")
    assert np.isnan(aggregate_scores("v", [nothing]).score)


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

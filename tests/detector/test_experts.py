"""The experts: two classifiers of region features, their mean, their reasons, and when they abstain."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import facespectra as fs
from facespectra.detector.experts import TextureExperts, TwoExperts
from facespectra.detector.linear import DETAIL, _logistic
from facespectra.evaluation.calibration import calibration_error
from facespectra.regions.layout import N_RELATIVE, feature_names
from facespectra.texture import layout

WIDTH = len(feature_names())


def rows(n: int = 300, shift: float = 0.6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    matrix = rng.normal(size=(n, WIDTH)) * rng.uniform(0.5, 3, WIDTH) + rng.normal(size=WIDTH) * 5
    matrix[:, ::7] -= shift * labels[:, None]
    return matrix, labels


def test_experts_are_the_mean_of_two_standardised_classifiers() -> None:
    matrix, labels = rows()
    scaler = StandardScaler().fit(matrix)
    standard = scaler.transform(matrix)
    one = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(standard[:, :-N_RELATIVE], labels)
    inner = [name.startswith("inner-ring ") for name in feature_names()]
    other = LogisticRegression(C=1e-4, max_iter=10_000).fit(standard[:, inner], labels)
    said = [one.decision_function(standard[:, :-N_RELATIVE])]
    said.append(other.decision_function(standard[:, inner]))
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
    lifted[0], lifted[feature_names().index("inner-ring dog0.8 rms")] = matrix[3, 0], 1e9
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
    with pytest.raises(ValueError, match="take features 'regions'"):
        TwoExperts().fit(np.zeros((4, 7)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="must be both"):
        TwoExperts("third").fit(*rows(8))
    with pytest.raises(ValueError, match="takes features 'regions' or 'texture', not"):
        fs.Detector("spectrum", "experts")


def texture_rows(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    matrix = rng.normal(size=(n, layout.WIDTH))
    for part in layout.PARTS[1:]:
        matrix[:, layout.COLUMNS[part, 4, "mean"]] -= 0.3 * labels[:, None]
    return matrix, labels


def test_texture_experts_have_one_vote_each_and_add_up_by_group() -> None:
    matrix, labels = texture_rows()
    experts = TextureExperts().fit(matrix, labels)
    said = experts.expert_scores(matrix)
    assert said.shape == (300, 10)
    np.testing.assert_allclose(said.std(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose(experts.decision_function(matrix), said.mean(axis=1), atol=1e-12)
    parts = experts.contributions(matrix[5])
    assert set(parts) == {layout.group_name(*key) for key in layout.COLUMNS}
    assert sum(parts.values()) == pytest.approx(experts.decision_function(matrix[5:6])[0])
    # The ring by itself has no vote, and neither have the spreads of late layers.
    silent = {
        layout.group_name(part, layer, kind)
        for part, layer, kind in layout.COLUMNS
        if part == "ring" or (kind == "spread" and layer > 2)
    }
    assert {name for name, amount in parts.items() if amount == 0} == silent


def test_one_texture_expert_is_a_shrunk_discriminant_of_its_layer() -> None:
    matrix, labels = texture_rows()
    columns = layout.COLUMNS["mouth-ring", 4, "mean"]
    standard = StandardScaler().fit_transform(matrix)[:, columns]
    alone = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(standard, labels)
    said = alone.decision_function(standard)
    experts = TextureExperts().fit(matrix, labels)
    k = experts.expert_names.index("mouth-ring block 4")
    np.testing.assert_allclose(
        experts.expert_scores(matrix)[:, k], (said - said.mean()) / said.std(), atol=1e-9
    )
    row = matrix[0].copy()
    row[columns] -= 1e6 * np.sign(row[columns] - matrix[:, columns].mean(axis=0))
    assert experts.dominant_expert(row) == "mouth-ring block 4"


def test_texture_experts_abstain_and_refuse_other_features() -> None:
    matrix, labels = texture_rows()
    experts = TextureExperts(least_width=64, least_detail=-1.0).fit(matrix, labels)
    row = matrix[0].copy()
    row[layout.COLUMNS["ring", 0, "spread"]] = -0.9
    assert experts.abstention_reason(row, 64) == ""
    assert "a face of 63 pixels" in experts.abstention_reason(row, 63)
    row[layout.COLUMNS["ring", 0, "spread"]] = -1.1
    assert "too compressed" in experts.abstention_reason(row, 64)
    with pytest.raises(ValueError, match="take features 'texture'"):
        TextureExperts().fit(np.zeros((4, 7)), [0, 1, 0, 1])


def test_watching_experts_say_where_a_swap_may_be_hidden_and_change_no_score() -> None:
    matrix, labels = texture_rows()
    experts = TextureExperts().fit(matrix, labels)
    scores = experts.decision_function(matrix)
    assert experts.hiding_reason(matrix[0]) == ""
    other = TextureExperts().fit(*texture_rows(seed=1))
    limit = float(np.quantile(other.decision_function(matrix), 0.9))
    experts.watch(other, limit)
    hidden = [bool(experts.hiding_reason(row)) for row in matrix]
    assert hidden == (other.decision_function(matrix) > limit).tolist()
    assert experts.decision_function(matrix).tolist() == scores.tolist()


def test_probabilities_are_those_of_scipy_to_the_last_bit() -> None:
    from scipy.special import expit

    powers = np.concatenate([np.random.default_rng(0).normal(0, 8, 20_000), np.linspace(-700, 700, 9_999)])
    assert [_logistic(power) for power in powers.tolist()] == expit(powers).tolist()
    assert (_logistic(-1e4), _logistic(1e4)) == (0.0, 1.0)


@pytest.mark.parametrize(("features", "classifier"), [("regions", TwoExperts), ("texture", TextureExperts)])
def test_experts_are_read_without_scikit_learn_and_score_the_same(
    features: str, classifier: type[TwoExperts] | type[TextureExperts]
) -> None:
    from facespectra.detector.loading import load_bytes
    from facespectra.detector.plain_model import ExpertsPipeline

    shipped = fs.load("default" if features == "texture" else "regions")
    assert isinstance(shipped.pipeline_, ExpertsPipeline)
    known = shipped.pipeline_[-1]
    fitted = classifier()
    for name in ("coef_", "intercept_", "mean_", "slope_", "offset_", "least_width", "least_detail"):
        setattr(fitted, name, getattr(known, name))
    fitted.hiding_coef_, fitted.hiding_limit_ = known.hiding_coef_, known.hiding_limit_
    fitted.hiding_intercept_ = known.hiding_intercept_
    fitted.n_features_in_, fitted.classes_ = known.n_features_in_, np.array([0, 1])
    matrix = known.mean_ + np.random.default_rng(1).normal(size=(50, known.n_features_in_))
    assert fitted.decision_function(matrix).tolist() == known.decision_function(matrix).tolist()
    assert fitted.contributions(matrix[0]) == known.contributions(matrix[0])
    assert fitted.hiding_reason(matrix[0]) == known.hiding_reason(matrix[0])
    # Written from either, the file is the same.
    data = shipped.to_bytes()
    shipped.pipeline_ = Pipeline([("classify", fitted)])
    assert shipped.to_bytes() == data
    again = load_bytes(data, "m")
    assert again.training_ == shipped.training_
    for rows in (
        np.zeros((2, 3)),
        np.full((1, known.n_features_in_), np.nan),
        np.zeros(known.n_features_in_),
    ):
        with pytest.raises(ValueError, match=r"features"):
            again.pipeline_.decision_function(rows)

"""Scores of several frames joined by one rule, and the face that decides about an image."""

from __future__ import annotations

import numpy as np
import pytest

from facespectra.detector.scores import Score, aggregate_scores, join_by_origin, most_suspicious
from facespectra.evaluation import evaluate
from facespectra.evaluation.aggregation import aggregate_by_unit, aggregate_frames
from facespectra.features.status import NO_FACE, OK, Kind, Status
from facespectra.videos import Frame

DOUBT = Status(Kind.CANNOT_TELL, "a face of 12 pixels")
NOTHING = float("nan")


def frame(score: float, status: Status = OK, n_faces: int = 1) -> Score:
    return Score("v/1.jpg", score, status, (0, 0, 90, 90), n_faces, ("for", "against"))


def test_frames_that_can_be_told_decide_alone_where_there_are_any() -> None:
    doubtful, nothing = frame(0.9, DOUBT), frame(NOTHING, NO_FACE, 0)
    video = aggregate_scores("v", [frame(0.2), doubtful, frame(0.4, n_faces=3), nothing])
    assert video.score == pytest.approx(0.3)
    assert (video.status, video.how, video.n_faces) == (OK, "mean of 2 of 4 frames", 3)
    only = aggregate_scores("v", [doubtful, nothing])
    assert (only.score, only.status) == (0.9, DOUBT)
    assert np.isnan(aggregate_scores("v", [nothing]).score)
    assert aggregate_scores("v", [nothing]).status == NO_FACE


def test_scores_by_unit_are_those_of_each_unit() -> None:
    scores = np.array([0.2, NOTHING, 0.6, NOTHING, NOTHING, 0.9, 0.5])
    undecided = np.array([False, False, False, False, False, True, False])
    units = np.array([0, 0, 0, 1, 1, 2, 2])
    joined = aggregate_by_unit(scores, undecided, units, 4)
    np.testing.assert_allclose(joined, [0.4, NOTHING, 0.5, NOTHING])
    assert aggregate_frames(scores[5:6], undecided[5:6]) == 0.9
    assert aggregate_frames(scores[:3], undecided[:3], "max") == 0.6


@pytest.mark.parametrize("how", ["mean", "median", "max"])
def test_figures_join_frames_by_the_same_rule_as_predictions(how: str) -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1] * 6, 5)
    scores, videos = rng.random(60) + 0.2 * labels, np.repeat(np.arange(12), 5)
    unsure = rng.random(60) < 0.4
    samples = [frame(score, DOUBT if doubt else OK) for score, doubt in zip(scores, unsure, strict=True)]
    sources = [Frame(f"{video}.mp4", k % 5) for k, video in enumerate(videos)]
    joined = [one.score for one in join_by_origin(sources, videos.tolist(), samples, how)]
    expected = evaluate(labels[::5], joined).auc
    result = evaluate(labels, scores, videos=videos, undecided=unsure, aggregate=how)
    assert result.video_auc == pytest.approx(expected, abs=0)
    assert result.to_dict()["aggregate_rule"].startswith(how)
    assert evaluate(labels, scores, videos=videos, aggregate=how).video_auc != result.video_auc


def test_images_stand_alone_and_folders_are_joined_where_asked_for() -> None:
    samples = [frame(0.1), frame(0.5), frame(0.7)]
    alone = join_by_origin(["a", "b", "c"], [0, 1, 2], samples, "mean")
    assert alone == samples
    joined = join_by_origin(["x/a", "x/b", "y/c"], [0, 0, 1], samples, "mean", folders=["x", "y"])
    assert [(one.path, one.score) for one in joined] == [("x", 0.3), ("y", 0.7)]


def test_the_most_suspicious_face_that_can_be_told_decides() -> None:
    assert most_suspicious([frame(0.1), frame(0.8), frame(0.95, DOUBT)]) == 1
    assert most_suspicious([frame(0.1, DOUBT), frame(0.8, DOUBT)]) == 1
    assert most_suspicious([frame(NOTHING, NO_FACE)]) == 0

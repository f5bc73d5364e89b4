"""Labels of scores, and the scores of several frames put together."""

from __future__ import annotations

import numpy as np
import pytest

from facespectra.detector.scores import Score, aggregate_scores, label_of, mean_by_file
from facespectra.features.status import NO_FACE, OK, Kind, Status


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


def test_frames_without_a_score_do_not_count() -> None:
    nothing = float("nan")
    scores = np.array([0.2, nothing, 0.6, nothing, nothing, 0.9])
    means = mean_by_file(scores, [0, 0, 0, 1, 1, 2], 4)
    np.testing.assert_allclose(means, [0.4, nothing, 0.9, nothing])

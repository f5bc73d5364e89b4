"""The spectrum that is usual for photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facespectra.models.usual import measure, usual_spectrum


def test_it_has_a_mean_and_a_spread_for_each_point() -> None:
    usual = usual_spectrum()
    assert usual["n"] > 400
    mean, sd = np.array(usual["mean"]), np.array(usual["sd"])
    assert mean.shape == sd.shape == (300,)
    # Spectra are divided by their first element, and fall from there on.
    assert mean[0] == 1
    assert sd[0] == 0
    assert np.all(sd[1:] > 0)
    assert mean[-50:].max() < mean[50:100].min()


@pytest.mark.shared
def test_it_is_that_of_photographs(shared_data: Path, tmp_path: Path) -> None:
    for photograph in sorted((shared_data / "portraits").iterdir())[:40]:
        (tmp_path / photograph.name).symlink_to(photograph)
    usual, own = usual_spectrum(), measure([str(tmp_path)])
    assert own["n"] > 30
    difference = np.abs(np.array(own["mean"]) - usual["mean"])
    assert np.all(difference[1:] < 0.5 * np.array(usual["sd"])[1:])

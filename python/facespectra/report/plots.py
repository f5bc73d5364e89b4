"""Explanations drawn into Matplotlib axes of the user's, as their pages draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facespectra._extras import require
from facespectra.detector.labels import FAKES, SWAP, SWAPS
from facespectra.figures.explanation import draw_contributions, draw_distance, draw_radial, draw_regions
from facespectra.figures.own import axes_for, own_ink
from facespectra.figures.timeline import draw_timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra.report import Explanation, VideoExplanation

REGIONS, SPECTRUM, DISTANCE, CONTRIBUTIONS = "regions", "spectrum", "distance", "contributions"
KINDS = (REGIONS, SPECTRUM, DISTANCE, CONTRIBUTIONS)
SIZE = (5, 3)


def plot_explanation(
    explanation: Explanation, ax: Axes | Sequence[Axes] | None, kind: str | None
) -> Axes | tuple[Axes, ...]:
    """Draw what :meth:`Explanation.plot` describes."""
    require("detect", "matplotlib")
    kind = kind or (REGIONS if explanation.regions else SPECTRUM)
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if kind == CONTRIBUTIONS:
        return _plot_contributions(explanation, ax)
    # What is missing is said before a figure is made.
    if kind == REGIONS and not explanation.regions:
        raise ValueError(
            f"the features of the model ({explanation.model}) are not of regions of the face; "
            f'use kind="{SPECTRUM}" or kind="{CONTRIBUTIONS}"'
        )
    if kind == DISTANCE and not explanation.classes:
        raise ValueError(
            "the model holds no mean spectra of its training classes to measure a distance from; "
            f'use kind="{SPECTRUM}"'
        )
    (axes,) = axes_for(ax, (1,), SIZE)
    if kind == REGIONS:
        kinds = (SWAPS if explanation.positive == SWAP else FAKES).kinds
        draw_regions(axes, {region.title: region.amount for region in explanation.regions}, kinds)
    elif kind == SPECTRUM:
        draw_radial(axes, explanation.spectrum, explanation.classes)
    else:
        draw_distance(axes, explanation.spectrum, explanation.classes)
        axes.legend(frameon=False, fontsize="small")
    own_ink(axes)
    return axes


def _plot_contributions(
    explanation: Explanation, ax: Axes | Sequence[Axes] | None
) -> Axes | tuple[Axes, ...]:
    contributions = explanation.drawn_contributions()
    if contributions is None:
        raise ValueError(
            "the model holds no mean features of its training classes to measure contributions from; "
            "training it again adds them"
        )
    several = isinstance(contributions, tuple)
    axes = axes_for(ax, (1.35, 1) if several else (1,), (9, 4.2) if several else SIZE)
    draw_contributions(axes[0].figure, axes, contributions)
    for one in axes:
        one.set_title(one.get_title(loc="left"), loc="left", fontsize="medium")
    own_ink(*axes)
    return axes if several else axes[0]


def plot_video(explanation: VideoExplanation, ax: Axes | None) -> Axes:
    """Draw what :meth:`VideoExplanation.plot` describes."""
    require("detect", "matplotlib")
    (axes,) = axes_for(ax, (1,), (6, 3))
    beats, names = explanation.beats()
    draw_timeline(axes, beats, explanation.threshold, names, probability=explanation.probability)
    own_ink(axes)
    return axes

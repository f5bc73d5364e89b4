"""The frames of a video in time: their scores, and what they were called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from facespectra.figures.style import (
    FAKE,
    INK,
    LEGEND,
    REAL,
    WIDTH,
    Drawing,
    Point,
    new_figure,
    page_style,
    render,
    to_svg,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra.images import UInt8Array


class Beat(NamedTuple):
    """One frame: when, its score (NaN where there is none), its side, and what to say of it."""

    seconds: float
    score: float
    side: str  # "fake", "real", "unsure"; "" where there is no face
    text: str


# By side: marker, colour and name.
MARKS = {"fake": ("^", FAKE), "real": ("o", REAL), "unsure": ("s", INK), "": ("x", INK)}


def timeline_figure(
    beats: Sequence[Beat], threshold: float, names: dict[str, str], *, probability: bool
) -> Drawing:
    """Draw the scores of a video's frames in time, as SVG; `names` has what each side is called."""
    with page_style():
        figure = new_figure(WIDTH, 3)
        ax = figure.subplots()
        points = draw_timeline(ax, beats, threshold, names, probability=probability)
        return to_svg(figure, points)


def draw_timeline(
    ax: Axes, beats: Sequence[Beat], threshold: float, names: dict[str, str], *, probability: bool
) -> list[Point]:
    """Draw the scores in time; give what to show where somebody points."""
    factor = 100 if probability else 1
    scored = [beat for beat in beats if not np.isnan(beat.score)]
    values = [factor * beat.score for beat in scored]
    low, high = (0.0, 100.0) if probability else (min([*values, threshold]), max([*values, threshold]))
    pad = 0.06 * (high - low or 1)
    ax.plot([beat.seconds for beat in scored], values, color=INK, linewidth=0.8, alpha=0.4)
    ax.axhline(factor * threshold, color=INK, linewidth=1, linestyle="--", alpha=0.8)
    for side, (marker, colour) in MARKS.items():
        own = [beat for beat in beats if beat.side == side]
        if own:
            # What has no score stands at the foot.
            heights = [low if np.isnan(beat.score) else factor * beat.score for beat in own]
            fill = "none" if side == "unsure" else colour
            ax.plot(
                [beat.seconds for beat in own],
                heights,
                marker,
                color=colour,
                markersize=6,
                label=names[side],
                markerfacecolor=fill,
            )
    ax.set(ylim=(low - pad, high + pad), xlabel="seconds into the video")
    ax.set_ylabel("score, 0 to 100" if probability else "score")
    ax.margins(x=0.04)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, **LEGEND)
    return [
        Point(ax, beat.seconds, low if np.isnan(beat.score) else factor * beat.score, beat.text)
        for beat in beats
    ]


def video_sheet(
    file_format: str,
    beats: Sequence[Beat],
    threshold: float,
    names: dict[str, str],
    faces: Sequence[tuple[UInt8Array, str]],
    *,
    probability: bool,
    title: str,
    notes: Sequence[str],
) -> bytes:
    """Draw the timeline, and below it faces with what is said of each, as an SVG, PNG or PDF file."""
    with page_style(background="white"):
        figure = new_figure(9, 6.4 if faces else 3.6)
        rows = figure.add_gridspec(2 if faces else 1, 1)
        draw_timeline(figure.add_subplot(rows[0]), beats, threshold, names, probability=probability)
        if faces:
            below = rows[1].subgridspec(1, len(faces))
            for position, (rgb, caption) in enumerate(faces):
                ax = figure.add_subplot(below[position])
                ax.imshow(rgb, interpolation="nearest")
                ax.axis("off")
                ax.set_title(caption, fontsize=9)
        figure.suptitle(title, fontsize=13)
        figure.supxlabel(wrapped(notes), fontsize=8, alpha=0.85)
        return render(figure, file_format, dpi=160 if file_format == "png" else 72)

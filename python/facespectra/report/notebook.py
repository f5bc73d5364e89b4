"""Explanations as HTML for notebooks: the face, what was found in words, and numbers folded away."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from facespectra._notebook import block, bullets, folded, paragraph, table, text
from facespectra._wording import counted
from facespectra.report.sentences import clock

if TYPE_CHECKING:
    from facespectra.report import Explanation, VideoExplanation

# Pixels of the longer side of a face, and of one of several.
LARGEST, SMALL = 280, 160
NUMBERS = 12
# Frames of a video in the table.
FRAMES = 60


def explanation_html(explanation: Explanation) -> str:
    """One face with its regions tinted, its verdict in three sentences, and the numbers."""
    view = explanation.view(LARGEST)
    name = PurePath(explanation.path).name or "image in memory"
    amounts = list(explanation.contributions.items())[:NUMBERS]
    parts = [_heading(name, view), _picture(view, LARGEST), *map(paragraph, explanation.sentences)]
    if explanation.note:
        parts.append(paragraph(f"{explanation.note[0].upper()}{explanation.note[1:]}."))
    numbers = []
    if view["sides"]:
        rows = [(side["title"], side["amount"], _like(side, view)) for side in view["sides"]]
        numbers.append(table("Parts of the face", ("part", "adds to the score", "like"), rows))
    if amounts:
        rows = [(group, f"{amount:+.3f}", "") for group, amount in amounts]
        caption = "Largest contributions of features: above 0 is evidence for fake"
        numbers.append(table(caption, ("feature", "adds to the score", ""), rows))
    numbers += [bullets([f"{_capital(explanation.headline)}.", *explanation.notes])]
    numbers.append(paragraph(f"Model: {explanation.model}."))
    return block(*parts, folded("Numbers", *numbers))


def video_html(explanation: VideoExplanation) -> str:
    """A video's verdict in three sentences, its most suspicious faces, and the frames in a table."""
    view = explanation.badge()
    name = PurePath(explanation.path).name
    faces = []
    for one in explanation.worst:
        shown = one.explanation.view(SMALL)
        score = f"{one.explanation.score:.3f}, {one.explanation.label}"
        below = f"<figcaption>{text(f'{_when(one.frame, one.seconds)}: {score}')}</figcaption>"
        faces.append(f"<figure>{_picture(shown, SMALL)}{below}</figure>")
    rows = []
    for moment in explanation.timeline[:FRAMES]:
        verdict = moment.verdict
        score = "" if verdict.score != verdict.score else f"{verdict.score:.3f}"
        said = verdict.label or verdict.status
        rows.append((_when(moment.frame, moment.seconds), score, said))
    more = len(explanation.timeline) - len(rows)
    return block(
        _heading(name, view),
        *map(paragraph, explanation.sentences),
        f'<div class="faces">{"".join(faces)}</div>' if faces else "",
        folded(
            "Numbers",
            table("Frames that were looked at", ("frame", "score", "verdict"), rows),
            paragraph(f"{counted(more, 'more frame')} in timeline." if more > 0 else ""),
            bullets([f"{_capital(explanation.headline)}.", f"{_capital(explanation.rule)}."]),
            paragraph(f"{_capital(explanation.scope)}.", f"Model: {explanation.model}."),
        ),
    )


def _heading(name: str, view: dict[str, Any]) -> str:
    sign = f'<span aria-hidden="true">{text(view["sign"])}</span>'
    return f"<p><strong><bdi>{text(name)}</bdi>: {sign} {text(view['badge'])}</strong></p>"


def _picture(view: dict[str, Any], largest: int) -> str:
    """The face, its regions tinted above it; the alternative text has the regions, too."""
    # A small face is shown larger, up to three times: its regions could not be told apart.
    scale = min(3.0, largest / max(view["width"], view["height"]))
    width, height = round(scale * view["width"]), round(scale * view["height"])
    said = ", ".join(f"{side['title'].lower()} {side['amount']}" for side in view["sides"])
    alt = text(view["alt"] + (f"; what its parts add to the score: {said}" if said else ""))
    picture = f'<img src="{text(view["uri"])}" alt="{alt}" width="{width}" height="{height}">'
    return f'<div class="stack">{picture}{_tint(view)}</div>'


def _tint(view: dict[str, Any]) -> str:
    if not view["regions"]:
        return ""
    cells = ""
    if view["tint"]:
        place = " ".join(f'{key}="{value}"' for key, value in view["tint_place"].items())
        cells = f'<image href="{text(view["tint"])}" {place} preserveAspectRatio="none"/>'
    lines = "".join(
        f'<path d="{text(region["path"])}" fill="{text(region["colour"])}" fill-opacity="{region["opacity"]}"'
        ' fill-rule="evenodd" stroke="#fff" stroke-opacity=".7" vector-effect="non-scaling-stroke"/>'
        for region in view["regions"]
        if region["line"]
    )
    box = f'viewBox="0 0 {view["width"]} {view["height"]}" preserveAspectRatio="none"'
    return f'<svg {box} aria-hidden="true">{cells}{lines}</svg>'


def _like(side: dict[str, Any], view: dict[str, Any]) -> str:
    end: str = view["ends"][side["kind"] == "fake"]
    return end.removeprefix("like ")


def _when(frame: int, seconds: float) -> str:
    return f"frame {frame}" if seconds != seconds else f"{clock(seconds)}, frame {frame}"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"

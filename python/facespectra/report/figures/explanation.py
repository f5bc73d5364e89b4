"""An explanation as one drawing, or as a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.report.explanation import Explanation
from facespectra.report.figures.attribution import CORNERS, draw_bars, draw_regions
from facespectra.report.figures.drawings import NO_DATE, drawn
from facespectra.report.figures.style import FAKE, INK, REAL, new_figure, page_style, to_svg
from facespectra.report.thumbnails import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 12
# By the end of the file's name: what keeps the date out of it.
FORMATS: dict[str, dict[str, Any]] = {
    ".svg": NO_DATE,
    ".png": {"Software": "facespectra"},
    ".pdf": {"CreationDate": None, "Creator": "facespectra"},
}
PAGE = ".html"
NO_CLASSES = "The model file holds no mean spectra of its training classes: the spectrum stands alone."


def known_format(path: str | os.PathLike[str]) -> str:
    """Check the end of a file's name.

    Parameters
    ----------
    path : path-like
        Of the file to write.

    Returns
    -------
    str
        Such as ``".svg"``.

    Raises
    ------
    ValueError
        If an explanation cannot be written so.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS and suffix != PAGE:
        raise ValueError(
            f"{os.fspath(path)}: cannot draw this kind of file; use {', '.join(FORMATS)} or {PAGE}"
        )
    return suffix


def write_explanation(path: str | os.PathLike[str], found: Explanation) -> Path:
    """Draw an explanation into a file.

    Parameters
    ----------
    path : path-like
        The file, see :meth:`Explanation.save`.
    found : Explanation
        What to draw.

    Returns
    -------
    Path
        `path`.
    """
    suffix = known_format(path)
    if suffix == PAGE:
        return _write_page(path, found)
    with page_style(background="white"):
        figure = new_figure(10, 7.6)
        rows = figure.add_gridspec(2, 1, height_ratios=(1, 1.15))
        top = rows[0].subgridspec(2, 3, width_ratios=(1, 1.05, 1.5))
        draw_crop(figure.add_subplot(top[:, 0]), found)
        draw_spectrum(figure, figure.add_subplot(top[:, 1]), found)
        if found.classes:
            first = figure.add_subplot(top[0, 2])
            draw_radial(first, figure.add_subplot(top[1, 2], sharex=first), found)
        else:
            draw_radial(figure.add_subplot(top[:, 2]), None, found)
        if found.attribution is None:
            figure.add_subplot(rows[1]).axis("off")
        elif _is_regions(found):
            below = rows[1].subgridspec(1, 2, width_ratios=(1.35, 1))
            _draw_parts(figure, [figure.add_subplot(below[0]), figure.add_subplot(below[1])], found)
        else:
            _draw_parts(figure, [figure.add_subplot(rows[1])], found)
        figure.suptitle(f"{short(found.path) or 'image'}: {headline(found)}", fontsize=13)
        figure.supxlabel("\n".join(notes(found)), fontsize=8, alpha=0.8)
        content = drawn(figure, suffix[1:], metadata=FORMATS[suffix], dpi=160 if suffix == ".png" else 72)
    return write_atomically(path, content)


def headline(found: Explanation) -> str:
    """Say what came out, in a few words.

    Parameters
    ----------
    found : Explanation
        Of an image.

    Returns
    -------
    str
    """
    kind = "probability of a face swap" if found.probability else "score"
    return f"{kind} {found.score:.3f}, {found.label} (threshold {found.threshold:.3g})"


def notes(found: Explanation) -> list[str]:
    """Say how the figures came about, and what is missing.

    Parameters
    ----------
    found : Explanation
        Of an image.

    Returns
    -------
    list of str
        A sentence or two each.
    """
    lines = []
    if found.abstention_reason:
        lines.append(f"The model says that it can't tell: {found.abstention_reason}.")
    if found.experts:
        said = ", ".join(f"the {name} one {value:+.2f}" for name, value in found.experts.items())
        lines.append(
            f"Two experts, in standard deviations of what each says: {said}. "
            f"The {found.dominant_expert} one had most to say."
        )
    amounts = found.attribution
    if amounts is None:
        lines.append(
            "The model file does not hold the means of its training classes: there are no contributions. "
            "Training it again adds them."
        )
    elif amounts.method == "occlusion":
        lines.append(
            "Contributions by occlusion: what the score loses where the part is replaced by the mean of the "
            "training classes. The classifier is not linear: they need not add up."
        )
    else:
        total = float(amounts.amounts.sum())
        lines.append(
            f"Contributions are exact, the classifier being linear: from {amounts.base:.3f} they add up to "
            f"{amounts.base + total:.3f} ({amounts.unit})."
        )
    if not found.classes:
        lines.append(NO_CLASSES)
    return lines


def draw_crop(ax: Axes, found: Explanation) -> None:
    """Draw what was judged.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    found : Explanation
        Of an image.
    """
    ax.imshow(found.crop.rgb, interpolation="nearest")
    x0, y0, x1, y1 = found.box
    ax.set_title(f"{x1 - x0}x{y1 - y0} pixels, from ({x0}, {y0})")
    ax.axis("off")


def draw_spectrum(figure: Any, ax: Axes, found: Explanation) -> None:
    """Draw the 2-D log spectrum.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        For the scale of colours.
    ax : matplotlib.axes.Axes
        Where.
    found : Explanation
        Of an image.
    """
    low, high = np.percentile(found.log_spectrum, [2, 99.8])
    drawn = ax.imshow(
        found.log_spectrum,
        cmap="magma",
        vmin=low,
        vmax=max(high, low + 1e-9),
        extent=(-0.5, 0.5, 0.5, -0.5),
        aspect="equal",
    )
    ax.set_title("20 ln|F|")
    ax.set(xlabel="cycles per pixel")
    ax.set_xticks([-0.5, 0, 0.5])
    ax.set_yticks([-0.5, 0, 0.5])
    bar = figure.colorbar(drawn, ax=ax, shrink=0.6, pad=0.03)
    bar.outline.set_visible(False)


def draw_radial(ax: Axes, below: Axes | None, found: Explanation) -> None:
    """Draw the radial spectrum, against the training classes where the model knows them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        For the spectrum.
    below : matplotlib.axes.Axes or None
        For its distance from the middle between the classes; None where these are not known.
    found : Explanation
        Of an image.
    """
    place = np.linspace(0, 1, len(found.spectrum))
    for name, colour in (("real", REAL), ("fake", FAKE)):
        if name in found.classes:
            mean, sd = found.classes[name]["mean"], found.classes[name]["sd"]
            ax.fill_between(place, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
            ax.plot(place, mean, color=colour, linewidth=1.2, label=f"{name} in training")
    ax.plot(place, found.spectrum, color=INK, linewidth=1.5, label="this face")
    ax.legend(frameon=False, loc="upper right", fontsize=8)
    ax.set_title("radial spectrum")
    ax.set_xlim(0, 1)
    last = ax
    if below is not None:
        ax.tick_params(axis="x", labelbottom=False)
        real, fake = found.classes["real"], found.classes["fake"]
        middle, sd = (real["mean"] + fake["mean"]) / 2, np.sqrt((real["sd"] ** 2 + fake["sd"] ** 2) / 2)
        unit = np.where(sd > 1e-9, sd, np.inf)
        for values, colour, width in (
            (real["mean"], REAL, 1.2),
            (fake["mean"], FAKE, 1.2),
            (found.spectrum, INK, 1.5),
        ):
            below.plot(place, (values - middle) / unit, color=colour, linewidth=width)
        below.set_ylabel("sd from the middle")
        last = below
    last.set_xlabel(CORNERS)


def _is_regions(found: Explanation) -> bool:
    return found.attribution is not None and any(
        part.name.startswith("power ") for part in found.attribution.parts
    )


def _draw_parts(figure: Any, axes: list[Axes], found: Explanation) -> None:
    if found.attribution is None:
        return
    (amounts,) = found.attribution.amounts
    names = [part.name for part in found.attribution.parts]
    if _is_regions(found):
        draw_regions(figure, axes, dict(zip(names, amounts.tolist(), strict=True)), "speaks for a fake")
        return
    draw_bars(axes[0], names, amounts)
    axes[0].set(xlabel="band of the radius, in parts of the largest", ylabel="adds to the score")
    axes[0].set_title("what each band adds: up speaks for a fake, down for a real face", loc="left")


def _write_page(path: str | os.PathLike[str], found: Explanation) -> Path:
    from facespectra._version import __version__
    from facespectra.report.html import write_page

    require("report", "matplotlib", "jinja2")
    with page_style():
        pictures = new_figure(4.6, 2.9)
        left, right = pictures.subplots(1, 2, gridspec_kw={"width_ratios": (1, 1.3)})
        draw_crop(left, found)
        left.set_title("")
        draw_spectrum(pictures, right, found)
        radial = new_figure(5.4, 4.4 if found.classes else 2.8)
        if found.classes:
            above, below = radial.subplots(2, 1, sharex=True)
            draw_radial(above, below, found)
        else:
            draw_radial(radial.subplots(), None, found)
        parts = new_figure(5.6, 5.6 if _is_regions(found) else 2.9)
        panels = 2 if _is_regions(found) else 1
        ratios = {"height_ratios": (9, 3.4)} if panels == 2 else {}
        _draw_parts(parts, list(np.atleast_1d(parts.subplots(panels, 1, gridspec_kw=ratios))), found)
        context = {
            "version": __version__,
            "title": short(found.path) or "image",
            "path": found.path,
            "model": found.model,
            "headline": headline(found),
            "size": f"{found.crop.grey.shape[1]}x{found.crop.grey.shape[0]}",
            "corner": found.box[:2],
            "notes": notes(found),
            "pictures_svg": to_svg(pictures),
            "radial_svg": to_svg(radial),
            "parts_svg": to_svg(parts) if found.attribution is not None else "",
            "rows": list(found.contributions.items())[:NAMED],
        }
    return write_page(path, "explanation.html.j2", context)

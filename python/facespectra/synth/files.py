"""The files of ``facespectra synth``: pairs of pictures, their manifest and a contact sheet."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._files import write_atomically, write_csv
from facespectra._progress import Progress
from facespectra.faces import Face
from facespectra.images import read_rgb
from facespectra.synth.pairs import make_pairs
from facespectra.synth.settings import SwapSettings
from facespectra.videos import Frame, Named, read_frames

if TYPE_CHECKING:
    from facespectra._conversion import AnyImage, UInt8Array

SHEET, SHEET_TILE, SHEET_PAIRS, SHEET_COLUMNS = "sheet.png", 192, 24, 4


def write_pairs(
    out: Path,
    photographs: Sequence[Named],
    faces: Sequence[Face],
    n: int,
    *,
    seed: int,
    settings: SwapSettings,
    progress: Progress | None = None,
) -> int:
    """Write `n` pairs of each photograph to real/ and fake/, manifest.csv and sheet.png; count the pairs."""
    names = list(_names(photographs))
    paths = [str(source) for source in photographs]
    rows: list[dict[str, Any]] = []
    tiles: list[tuple[UInt8Array, UInt8Array]] = []
    pairs = make_pairs(
        paths,
        faces,
        lambda k: _read(photographs[k]),
        n,
        seed=seed,
        settings=settings,
        progress=progress,
    )
    for pair in pairs:
        stem, group = names[pair.photograph]
        twins = pair.twins
        for label, kind, content in ((0, "real", twins.real_file), (1, "fake", twins.fake_file)):
            name = Path(kind, f"{stem}_{pair.number}.jpg")
            write_atomically(out / name, content)
            rows.append({"path": name.as_posix(), "label": label, "group": group, **twins.record})
        if len(tiles) < SHEET_PAIRS:
            tiles.append((twins.real, twins.fake))
    write_atomically(out / SHEET, _contact_sheet(tiles))
    write_csv(out / "manifest.csv", list(rows[0]), [list(row.values()) for row in rows])
    return len(rows) // 2


def _names(photographs: Sequence[Named]) -> Iterator[tuple[str, str]]:
    """Give each photograph a stem of its own for file names, and its group, which a video's frames share."""
    taken: set[str] = set()
    for source in photographs:
        video = Path(source.path).stem if isinstance(source, Frame) else ""
        stem = f"{video}_frame{source.index}" if isinstance(source, Frame) else Path(os.fspath(source)).stem
        # Compared without case: two files that differ in it alone are one on some systems.
        while stem.casefold() in taken:
            stem += "_"
        taken.add(stem.casefold())
        yield stem, video or stem


def _read(source: Named) -> AnyImage:
    if not isinstance(source, Frame):
        return read_rgb(source)
    ((_, _, image),) = read_frames(source.path, [source.index])
    return image


def _contact_sheet(tiles: Sequence[tuple[UInt8Array, UInt8Array]]) -> bytes:
    """Draw real beside fake, a few pairs to a row, as a PNG file."""
    from PIL import Image

    lines = -(-len(tiles) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (2 * SHEET_COLUMNS * SHEET_TILE, lines * SHEET_TILE))
    for k, pair in enumerate(tiles):
        for side, pixels in enumerate(pair):
            tile = Image.fromarray(pixels)
            tile.thumbnail((SHEET_TILE, SHEET_TILE), Image.Resampling.BICUBIC)
            column = 2 * (k % SHEET_COLUMNS) + side
            sheet.paste(tile, (column * SHEET_TILE, k // SHEET_COLUMNS * SHEET_TILE))
    content = io.BytesIO()
    sheet.save(content, "PNG")
    return content.getvalue()

"""``facespectra synth``: synthetic swaps out of real photographs, to look at and to train on."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain_of, leave, progress_bar
from facespectra.cli.options import Device, Sources

if TYPE_CHECKING:
    from facespectra.detector.samples import Sample
    from facespectra.synth import SwapSettings

SHEET, SHEET_TILE, SHEET_PAIRS, SHEET_COLUMNS = "sheet.png", 192, 24, 4


def synth(
    sources: Sources,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.", show_default=False)
    ],
    pairs: Annotated[int, typer.Option(min=1, help="Swaps of each photograph.")] = 1,
    preset: Annotated[str, typer.Option(help="default, early, modern or small.")] = "default",
    without: Annotated[
        list[str] | None, typer.Option(help="Switch a step off; may be given again.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the swaps.")] = 0,
    device: Device = None,
) -> None:
    """Make synthetic face swaps: for every photograph a real picture and its fake twin.

    Both pass through the same noise, tone, sharpening, codecs and change of size, so that nothing but the
    swap differs. real/ and fake/ hold the pictures, manifest.csv names them with their group (the photograph)
    and all that was drawn for them, and sheet.png shows the first ones, real beside fake.
    """
    from facespectra.synth import PRESETS

    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; use one of {', '.join(PRESETS)}")
    settings = PRESETS[preset].without(*(without or []))
    run(sources, out, settings, pairs, seed, device)


def run(
    sources: list[str], out: Path, settings: SwapSettings, pairs: int, seed: int, device: str | None
) -> None:
    """Make the pictures and write them.

    Parameters
    ----------
    sources, out, pairs, seed, device
        As :func:`synth` has them.
    settings : SwapSettings
        What to draw from.
    """
    from facespectra._files import write_atomically
    from facespectra.detector.samples import NO_FACE, is_unreadable, read_samples
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.images import find_images, read_image
    from facespectra.synth import generator, make_twins

    images = find_images(sources)
    cropper = FaceCropper(device=device)
    found: list[tuple[str, Any]] = []
    samples: list[Sample] = []
    with progress_bar("find faces") as update:
        for sample in read_samples(images, cropper):
            samples.append(sample)
            if sample.crop is not None:
                found.append((sample.path, sample.crop.face))
            update(len(samples), len(images))
    n_unreadable = complain_of((one.path, one.status) for one in samples if is_unreadable(one.status))
    if not found:
        raise FacespectraError(f"no face in any of {len(images)} photographs; nothing was written")
    rows: list[dict[str, Any]] = []
    tiles: list[Any] = []
    taken: set[str] = set()
    with progress_bar("swap") as update:
        for k, (path, face) in enumerate(found):
            stem = Path(path).stem
            while stem.casefold() in taken:
                stem += "_"
            taken.add(stem.casefold())
            for number in range(pairs):
                rng = generator(seed, Path(path).name, number)
                other = int(rng.integers(len(found)))
                donor = (read_image(found[other][0]), found[other][1]) if other != k else None
                twins = make_twins(read_image(path), face, rng, settings, donor)
                for label, kind, content in ((0, "real", twins.real_file), (1, "fake", twins.fake_file)):
                    name = Path(kind, f"{stem}_{number}.jpg")
                    write_atomically(out / name, content)
                    rows.append({"path": name.as_posix(), "label": label, "group": stem, **twins.record})
                if len(tiles) < SHEET_PAIRS:
                    tiles.append((twins.real, twins.fake))
                update(len(rows) // 2, len(found) * pairs)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(out / SHEET, _sheet(tiles))
    write_atomically(out / "manifest.csv", text.getvalue())
    no_face = sum(sample.status == NO_FACE for sample in samples)
    typer.echo(f"{out}: {len(rows) // 2} pairs from {len(found)} photographs, {no_face} without a face")
    leave(n_unreadable)


def _sheet(tiles: list[Any]) -> bytes:
    """Real beside fake, a few pairs to a row."""
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

"""``facespectra synth``: synthetic swaps out of real photographs, to look at and to train on."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain_of, leave, progress_bar
from facespectra.cli.options import Device, Frames, Sources
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features.crops import Sample, Source
    from facespectra.images import UInt8Array
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
    frames: Frames = N_FRAMES,
    device: Device = None,
) -> None:
    """Make synthetic face swaps: for every photograph or frame a real picture and its fake twin.

    Both pass through the same noise, tone, sharpening, codecs and change of size, so that nothing but the
    swap differs. real/ and fake/ hold the pictures, manifest.csv names them with their group (the photograph
    or video) and all that was drawn for them, and sheet.png shows the first ones, real beside fake.
    """
    from facespectra.synth import PRESETS

    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; use one of {', '.join(PRESETS)}")
    settings = PRESETS[preset].without(*(without or []))
    run(sources, out, settings, pairs, seed, device, frames)


def run(
    sources: list[str],
    out: Path,
    settings: SwapSettings,
    pairs: int,
    seed: int,
    device: str | None,
    frames: int,
) -> None:
    """Make the pictures and write them.

    Parameters
    ----------
    sources, out, pairs, seed, device, frames
        As :func:`synth` has them.
    settings : SwapSettings
        What to draw from.
    """
    from facespectra._files import write_atomically
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.features.crops import read_samples
    from facespectra.features.status import NO_FACE
    from facespectra.synth import generator, make_twins
    from facespectra.videos import find_media, spread_frames

    images, _ = spread_frames(find_media(sources), frames)
    cropper = FaceCropper(device=device)
    found: list[tuple[Source, str, Any]] = []
    samples: list[Sample] = []
    with progress_bar("find faces") as update:
        for image, sample in zip(images, read_samples(images, cropper), strict=True):
            samples.append(sample)
            if sample.crop is not None:
                found.append((image, sample.path, sample.crop.face))
            update(len(samples), len(images))
    n_unreadable = complain_of((one.path, one.status) for one in samples if one.status.unreadable)
    if not found:
        raise FacespectraError(f"no face in any of {len(images)} photographs; nothing was written")
    rows: list[dict[str, Any]] = []
    tiles: list[Any] = []
    taken: set[str] = set()
    with progress_bar("swap") as update:
        for k, (source, path, face) in enumerate(found):
            stem, video = _names(source)
            pixels = _pixels(source)
            while stem.casefold() in taken:
                stem += "_"
            taken.add(stem.casefold())
            for number in range(pairs):
                rng = generator(seed, Path(path).name, number)
                other = int(rng.integers(len(found)))
                donor = (_pixels(found[other][0]), found[other][2]) if other != k else None
                twins = make_twins(pixels, face, rng, settings, donor)
                for label, kind, content in ((0, "real", twins.real_file), (1, "fake", twins.fake_file)):
                    name = Path(kind, f"{stem}_{number}.jpg")
                    write_atomically(out / name, content)
                    rows.append(
                        {"path": name.as_posix(), "label": label, "group": video or stem, **twins.record}
                    )
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


def _names(source: Source) -> tuple[str, str]:
    """What the twins' files are named after; of a frame, the video, which is the group of all its frames."""
    from facespectra.videos import Frame

    if isinstance(source, Frame):
        stem = Path(source.path).stem
        return f"{stem}_frame{source.index}", stem
    stem = Path(str(source)).stem
    return stem, ""


def _pixels(source: Source) -> UInt8Array:
    """Read a picture again that was read before: all of them together may be too many to keep."""
    from facespectra.errors import FacespectraError
    from facespectra.features.crops import read_samples

    (sample,) = read_samples([source], None)
    if sample.crop is None:
        raise FacespectraError(f"{source} cannot be read any more: {sample.status}")
    return sample.crop.rgb


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

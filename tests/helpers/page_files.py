"""Files to drop on the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clips import write_clip


def write_files(folder: Path, limit: int) -> None:
    """Write photographs of one, two and no faces, videos, a broken file, and one above the limit of bytes."""
    from PIL import Image

    from facespectra.rendered.database import render_face

    one, other = (render_face(np.random.default_rng(seed), 224) for seed in (1, 2))
    one.save(folder / "one.png")
    two = Image.new("RGB", (448, 224))
    two.paste(one, (0, 0))
    two.paste(other, (224, 0))
    two.save(folder / "two.jpg", quality=92)
    Image.new("RGB", (96, 96), "grey").save(folder / "grey.png")
    write_clip(folder / "clip.webm", 30, codec="libvpx", picture_file=folder / "one.png")
    write_swapped_stretch(folder / "stretch.webm")
    # No browser plays MPEG-4 Part 2.
    write_clip(folder / "old.avi", 8, picture_file=folder / "one.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (folder / "large.png").write_bytes(bytes(limit + 1))


def write_swapped_stretch(path: Path) -> None:
    """Write a video of one of the samples, with the swapped one in its midst."""
    import av
    from PIL import Image

    from facespectra.serve.samples import SAMPLES

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width = stream.height = 512
        stream.bit_rate = 8_000_000
        stills = {}
        for name, sample in SAMPLES.items():
            with Image.open(sample.file) as image:
                stills[name] = av.VideoFrame.from_image(image.convert("RGB"))
        for k in range(30):
            frame = stills["swapped.jpg" if 10 <= k < 14 else "untouched.jpg"]
            frame.pts = k
            for packet in (*stream.encode(frame), *(stream.encode() if k == 29 else ())):
                container.mux(packet)

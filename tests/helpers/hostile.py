"""Files that nobody wants to be sent: cut off, lying, far too large when unpacked, found by a fuzzer."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

FINDINGS = Path(__file__).parents[1] / "data" / "fuzz_findings"


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """A black PNG file, a thousandth of what it unpacks to; of `rows` rows, whatever its header says."""
    line = b"\0" * (1 + 3 * width)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(line) for _ in range(height if rows is None else rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def hostile_files(photograph: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents."""
    yield "cut.jpg", photograph[: len(photograph) // 2]
    yield "head.jpg", photograph[:30]
    yield "noise.jpg", b"\xff\xd8\xff" + bytes(range(256)) * 40
    yield "bomb.png", png(60_000, 60_000, rows=4)
    yield "lying.png", png(4000, 4000, rows=2)
    yield "text.png", b"not a picture at all"
    yield "playlist.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    yield "empty-container.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + b"\0\0\0\x08free"
    yield "script.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "matroska.mkv", b"\x1a\x45\xdf\xa3" + b"\xff" * 2000
    for folder in ("image", "video"):
        for path in sorted((FINDINGS / folder).iterdir()):
            yield f"{path.name}", path.read_bytes()


def large_black(side: int) -> bytes:
    """A JPEG file that unpacks to many pixels."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (side, side)).save(stream, "JPEG")
    return stream.getvalue()

"""The good part of a JPEG file that is cut off, where it is asked for."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from facespectra.errors import SettingError

if TYPE_CHECKING:
    from PIL import Image

TRUNCATED_VARIABLE = "FACESPECTRA_TRUNCATED"
"""The environment variable that asks for it; ``--truncated`` of a command sets it."""

_END = b"\xff\xd9"
# Any data but a marker; it only has to differ from what a decoder makes of none.
_NOISE = bytes((37 * k + 11) % 255 for k in range(4096))


def _restarts(first: int) -> bytes:
    """The same, after each of the eight marks from which a decoder can start anew."""
    return b"".join(bytes((0xFF, 0xD0 + (first + k) % 8)) + _NOISE[:512] for k in range(8))


# A file can end where such a mark should stand: one of these has it before any of the two that follow it,
# which would be taken for it.
_MORE = (b"", _NOISE, _restarts(0), _restarts(4))
# The height of what is coded at a time.
_BLOCK = 16


def takes_truncated() -> bool:
    """Whether the good part of files that are cut off is wanted: ``FACESPECTRA_TRUNCATED=1``."""
    text = os.environ.get(TRUNCATED_VARIABLE, "").strip()
    if text not in ("", "0", "1"):
        raise SettingError(f"{TRUNCATED_VARIABLE} must be 1 or 0, got {text!r}")
    return text == "1"


def good_part(data: bytes) -> Image.Image | None:
    """Decode the rows of a JPEG file that were there before it was cut off, in stored orientation.

    None where there are next to none, or the file is progressive: then what is missing is not rows, but
    detail everywhere, whose lack would be taken for a sign of a fake.
    """
    import numpy as np
    from PIL import Image

    # A decoder invents the rest from nothing, or from other data: what is the same in all was there.
    there = data.rstrip(b"\xff")
    decoded = [Image.open(io.BytesIO(there + more + _END)) for more in _MORE]
    if decoded[0].info.get("progressive"):
        return None
    one, *others = (np.asarray(image) for image in decoded)
    differs = np.any([(one != other).reshape(len(one), -1).any(axis=1) for other in others], axis=0)
    # Of the block of rows that the file ends in, and the one above that is mixed with its colours, none.
    n_good = (int(np.argmax(differs)) + 1) // _BLOCK * _BLOCK - 1 if differs.any() else len(one)
    if n_good < _BLOCK:
        return None
    return decoded[0].crop((0, 0, decoded[0].width, n_good))

"""One cluster for all tests of the package, and what they score on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clips import write_clip


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """Object storage on this machine, which nodes that are started later know of."""
    pytest.importorskip("moto.server", reason="needs the test extra")
    from object_storage import object_storage

    with object_storage() as url:
        yield url


@pytest.fixture(scope="session")
def nodes(storage: str) -> Iterator[Any]:
    """Two nodes of two processors each, in name."""
    pytest.importorskip("ray", reason="needs the ray extra")
    from clusters import cluster

    with cluster() as started:
        yield started


@pytest.fixture(scope="session")
def address(nodes: Any) -> str:
    """Where they are."""
    return str(nodes.address)


@pytest.fixture(scope="module")
def connected(address: str) -> Iterator[None]:
    """This process, connected to them."""
    from clusters import connected

    with connected(address):
        yield


@pytest.fixture(scope="session")
def media(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs, one of them turned by its record, a video, and what cannot be read."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("media")
    for file in sorted(photographs.iterdir()):
        (folder / file.name).write_bytes(file.read_bytes())
    first = photographs / "person_0.png"
    with Image.open(first) as image:
        record = image.getexif()
        record[0x0112] = 6
        image.rotate(90, expand=True).save(folder / "turned.jpg", exif=record, quality=92)
        image.save(folder / "whole.jpg", quality=92)
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:-900])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture")
    write_clip(folder / "clip.mp4", 12, size=(176, 176), picture_file=first)
    whole = (folder / "clip.mp4").read_bytes()
    (folder / "broken.mp4").write_bytes(whole[: len(whole) // 8])
    return folder

"""The readers of files, one by one: what each is given, and files to begin with, made here."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np

MAX_PIXELS = 300_000


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    file : str
        The name that its input has, in a folder of its own.
    read : callable
        Takes the path.
    seeds : callable
        Makes inputs that it takes.
    share : int
        Of the time, where all share it.
    beside : tuple of str
        Empty files that stand in the folder, too.
    """

    file: str
    read: Callable[[Path], object]
    seeds: Callable[[], Iterator[bytes]]
    share: int = 1
    beside: tuple[str, ...] = ()


# --- images and videos -------------------------------------------------------------------------------------


def _read_image(path: Path) -> None:
    from facespectra._conversion import cut_grey
    from facespectra.datasets.headers import read_header
    from facespectra.images import read_image, read_rgb, to_grey

    # Before the image: that it cannot be read is no reason to fail.
    header = read_header(str(path))
    assert header is None or (header.width >= 0 and header.height >= 0)
    image = read_image(path)
    assert image.mode == "RGB"
    assert image.width * image.height <= MAX_PIXELS
    # The shorter way to the same pixels, which the detector takes.
    rgb = read_rgb(path)
    assert np.array_equal(rgb, np.asarray(image))
    x0, y0, x1, y1 = box = image.width // 4, image.height // 4, image.width, (image.height + 2) // 3
    assert np.array_equal(cut_grey(rgb, box), to_grey(image)[y0:y1, x0:x1])


def _images() -> Iterator[bytes]:
    from PIL import Image

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (19, 23, 3), dtype=np.uint8)
    pixels[:9] = 40
    colour = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    modes = {
        "RGB": colour, "L": colour.convert("L"), "1": colour.convert("1"), "P": colour.quantize(16),
        "RGBA": colour.convert("RGBA"), "LA": colour.convert("LA"), "CMYK": colour.convert("CMYK"),
        "I;16": Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), "F": colour.convert("F"),
        "I": colour.convert("I"), "LAB": Image.new("LAB", (5, 4)), "YCbCr": colour.convert("YCbCr"),
    }  # fmt: skip
    options: list[dict[str, Any]] = [
        {}, {"exif": exif}, {"progressive": True}, {"quality": 20}, {"lossless": True}, {"optimize": True},
        {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}, {"compression": "packbits"},
        {"compression": "jpeg"}, {"save_all": True, "append_images": [colour]},
    ]  # fmt: skip
    Image.init()
    seen = set()
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF", "ICO", "TGA"):
        for image in modes.values():
            for given in options if image.mode == "RGB" else options[:1]:
                content = io.BytesIO()
                try:
                    image.save(content, kind, **given)
                except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
                    continue
                if content.getvalue() not in seen and content.tell() < 8000:
                    seen.add(content.getvalue())
                    yield content.getvalue()
    # PostScript is a program: nobody may run it.
    yield b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n0 0 9 9 rectfill\n%%EOF\n"


def _read_video(path: Path) -> None:
    from facespectra.videos import read_frames, spread, video_info

    info = video_info(path)
    for _, _, image in read_frames(path, spread(info.n_frames, 3)):
        assert image.mode == "RGB"
        assert image.width * image.height <= MAX_PIXELS


def _videos() -> Iterator[bytes]:
    from clips import cut_clip, write_clip

    with TemporaryDirectory() as folder:
        for number, (name, given) in enumerate(
            [
                ("a.mp4", {}),
                ("a.mp4", {"turned": "half"}),
                ("a.avi", {}),
                ("a.mkv", {}),
                ("a.mpg", {"codec": "mpeg1video"}),
                ("a.mov", {"codec": "mjpeg"}),
                ("a.mp4", {"codec": "libx264"}),
            ]
        ):
            try:
                yield write_clip(Path(folder, str(number), name), 4, size=(32, 32), **given).read_bytes()
            except (ValueError, OSError):
                continue
        yield cut_clip(Path(folder, "cut.mp4"), 4).read_bytes()


# --- tables and lists --------------------------------------------------------------------------------------


def _read_manifest(path: Path) -> None:
    from facespectra.datasets.manifest import read_manifest

    table = read_manifest(path)
    assert set(table["label"]) <= {0, 1}
    assert all(os.path.isabs(name) and "\0" not in name for name in table["path"])  # noqa: PTH117


def _manifests() -> Iterator[bytes]:
    yield b"path,label\na.png,0\nb.png,1\n"
    yield b'\xef\xbb\xbfpath,label,group,split\r\n/a.png,real,g,train\r\n"b""\n.png",FAKE,,test\r\n'
    yield b"path,label,frame\na.mp4,1,0\na.mp4,1,7\nb\xff.mp4,0,1.0\nc.png,0,\n"
    yield b"path,label\na,0\na,1\n"


def _parquets() -> Iterator[bytes]:
    import pandas as pd

    from facespectra.datasets.manifest import read_manifest

    with TemporaryDirectory() as folder:
        for number, content in enumerate(_manifests()):
            file = Path(folder, f"{number}.csv")
            file.write_bytes(content.replace(b"\xff", b"\xc3\xa4").replace(b"a,1", b"b,1"))
            for compression in ("snappy", None, "gzip", "zstd"):
                made = io.BytesIO()
                read_manifest(file).to_parquet(made, compression=compression, index=False)
                yield made.getvalue()
    made = io.BytesIO()
    pd.DataFrame({"path": ["a", None], "label": [True, None], "frame": [1.5, np.nan]}).to_parquet(made)
    yield made.getvalue()


def _read_scores(path: Path) -> None:
    from facespectra.report.runs import name_of, read_run

    for key, (label, group, score) in read_run(path).entries.items():
        assert "\n" not in name_of(key)
        assert key[1] is None or isinstance(key[1], int)
        assert isinstance(group, str)
        assert label in (0, 1, None)
        assert isinstance(score, float)
        assert not np.isinf(score)


def _scores() -> Iterator[bytes]:
    yield b"path,label,group,score\na.png,0,g,0.5\nb.png,1,h,\n"
    yield b"path,frame,label,group,status,score\na.mp4,0,1,g,ok,1e-3\na.mp4,1,1,g,ok,nan\n"
    yield b"path,label,group,score\na.png,0,g,0.5\na.png,1,h,2\n"
    yield b'path,label,group,score\n"a\n\x1b[2J",0,g,0.5\n"a\n\x1b[2J",1,h,2\n'
    yield b"File;Score;frame\na.mp4;0,5;3\nb.png;-1;\n"
    yield b'{"path": "a.png", "score": 0.5}\n{"path": "b.png", "score": null, "frame": 7}\n'
    yield b'[{"path": "a.png", "score": 1e400}, {"path": ["b"], "score": {}}]'
    yield "a.png 0.5\r\nb c.png 1\r\n".encode("utf-16")


def _in_folder(layout: str) -> Callable[[Path], object]:
    def read(path: Path) -> None:
        import facespectra as fs

        fs.read_dataset(path.parent, layout)

    return read


def _dfdc() -> Iterator[bytes]:
    yield json.dumps(
        {
            "a.mp4": {"label": "FAKE", "original": "b.mp4", "split": "train"},
            "b.mp4": {"label": "REAL", "split": "train"},
        }
    ).encode()
    yield b'{"a.mp4": {"label": 1}}'
    yield b'{"a.mp4": {"label": "FAKE", "original": ["b"]}, "b.mp4": {"label": "REAL", "split": {"a": 1}}}'
    yield b"[" * 5000


def _face_forensics() -> Iterator[bytes]:
    yield b'[["000", "001"], ["002", "003"]]'
    yield b"[[0, 1]]"
    yield b'[["000", ["001"]], "ab", {"a": 1, "b": 2}]'
    yield b"[" * 5000


def _celeb_df() -> Iterator[bytes]:
    yield b"1 Celeb-real/id0_0000.mp4\n0 Celeb-synthesis/id0_id1_0000.mp4\n"
    yield b"\xef\xbb\xbf1 YouTube-real/00000.mp4\r\n\r\n"
    yield b"1 Celeb-real/\xff.mp4\n"


# --- models, weights, parameters ---------------------------------------------------------------------------


def _read_model(path: Path) -> None:
    # Whoever changes a model can mend its checksums: a fuzzer cannot.
    with mock.patch.object(zipfile.ZipExtFile, "_update_crc"):
        _load_and_use(path)


def _load_and_use(path: Path) -> None:
    import facespectra as fs
    from facespectra.errors import ModelError
    from facespectra.features import FeatureTable
    from facespectra.features.status import OK

    detector = fs.load(path)
    repr(detector)
    rows = np.vstack([np.zeros(detector.feature_set.width), np.linspace(-9, 9, detector.feature_set.width)])
    try:
        detector.score_features(FeatureTable(["a", "b"], [OK] * 2, [None] * 2, rows))
    except ModelError as error:
        # Of a detector, not of its file.
        raise ModelError(f"{path}: {error}") from error


def _models() -> Iterator[bytes]:
    from facespectra.detector import CLASSIFIERS
    from facespectra.detector.loading import DEFAULT_MODEL

    for classifier in CLASSIFIERS:
        for scale in (False, True):
            yield _trained(classifier, scale=scale)
    yield DEFAULT_MODEL.read_bytes()


def svm_model() -> bytes:
    """A model file with a support vector machine."""
    return _trained("svm-poly", scale=False)


def _trained(classifier: str, *, scale: bool) -> bytes:
    import facespectra as fs
    from facespectra.features import FeatureTable
    from facespectra.features.status import OK

    rng = np.random.default_rng(0)
    labels = np.arange(12) % 2
    names = [str(i) for i in range(12)]
    table = FeatureTable(names, [OK] * 12, [None] * 12, rng.normal(size=(12, 4)) + labels[:, None])
    settings = {"crop": False, "feature_settings": {"n_features": 4}}
    detector = fs.Detector(classifier=classifier, scale=scale, **settings)
    detector.fit_features(table, labels, names)
    with TemporaryDirectory() as folder:
        return detector.save(Path(folder, "m")).read_bytes()


def _read_weights(path: Path) -> None:
    from facespectra.deep.weights import read_weights

    state, _ = read_weights(path)
    assert all(isinstance(name, str) for name in state)


def _weights() -> Iterator[bytes]:
    import torch
    from torchvision.models import resnet50

    with torch.device("meta"):
        shapes = {key: value.shape for key, value in resnet50().state_dict().items()}
    # The right shapes out of single numbers: all checks are passed by a file of a few pages.
    whole = {key: torch.ones(1).expand(shape) if shape else torch.tensor(0) for key, shape in shapes.items()}
    small = {"conv1.weight": torch.ones(2, 3), "fc.bias": torch.zeros(1, dtype=torch.float16)}
    for state in (whole, small, {"a": torch.ones(2).to_sparse()}, {"a": [1, {"b": (2.0, None)}]}, [1]):
        for zipped in (True, False) if state is not whole else (True,):
            made = io.BytesIO()
            torch.save(state, made, _use_new_zipfile_serialization=zipped)
            yield made.getvalue()


def _read_parameters(path: Path) -> None:
    from facespectra._mtcnn_weights import read_parameters

    for values in read_parameters(path).values():
        assert values.dtype == np.float32


def _parameters() -> Iterator[bytes]:
    import torch

    made = io.BytesIO()
    state = {"a.weight": torch.ones(2, 3), "b.bias": torch.arange(4.0)[1:]}
    torch.save(state, made, _use_new_zipfile_serialization=False)
    yield made.getvalue()
    yield from (pickle.dumps(1) * 5, pickle.dumps({"a": [1, (2, 3)]}))
    # Sets what the function for tensors takes where nothing is given.
    yield b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(N}X\x0c\x00\x00\x00__defaults__)stb."


# --- the cache ---------------------------------------------------------------------------------------------


def _read_cache(path: Path) -> None:
    from facespectra.features.cache import Cache

    value = Cache(path.parents[2]).fetch("stage", path.parent.name + path.name)
    assert value is None or isinstance(value, bytes)


def _cache() -> Iterator[bytes]:
    from facespectra.features.cache import Cache

    with TemporaryDirectory() as folder:
        for value in (b"", b"ok", bytes(100)):
            Cache(Path(folder)).store("stage", "abcd", value)
            yield Path(folder, "stage", "ab", "cd").read_bytes()


TARGETS = {
    "image": Target("a.jpg", _read_image, _images, 4),
    "video": Target("a.mp4", _read_video, _videos, 2),
    "manifest": Target("a.csv", _read_manifest, _manifests),
    "parquet": Target("a.parquet", _read_manifest, _parquets),
    "scores": Target("scores.csv", _read_scores, _scores),
    "dfdc": Target("metadata.json", _in_folder("dfdc"), _dfdc, beside=("a.mp4", "b.mp4")),
    "faceforensics": Target(
        "train.json",
        _in_folder("faceforensics"),
        _face_forensics,
        beside=(
            "original_sequences/youtube/c23/videos/000.mp4",
            "manipulated_sequences/Deepfakes/c23/videos/000_001.mp4",
        ),
    ),
    "celeb-df": Target(
        "List_of_testing_videos.txt",
        _in_folder("celeb-df"),
        _celeb_df,
        beside=("Celeb-real/id0_0000.mp4", "Celeb-synthesis/id0_id1_0000.mp4"),
    ),
    "model": Target("a.skops", _read_model, _models, 3),
    "weights": Target("a.pth", _read_weights, _weights, 2),
    "parameters": Target("pnet.pt", _read_parameters, _parameters),
    "cache": Target("stage/ab/cd", _read_cache, _cache),
}

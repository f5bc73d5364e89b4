"""ResNet-50 weights: finding, downloading from PyTorch's site and loading without running their content."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import pickle
import re
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.request import urlopen

from facespectra._extras import require
from facespectra._files import one_line, writing_atomically
from facespectra._torch_files import check_names
from facespectra.errors import ModelError

Weights: TypeAlias = "str | os.PathLike[str] | None"

# torchvision's files, IMAGENET1K_V1 and V2. The reference study used the first: the second came half a year
# later. Listed here, since importing torchvision takes seconds; a test compares.
_FIRST, _SECOND = "resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth"
PUBLISHED = {"imagenet": _FIRST, "imagenet-v1": _FIRST, "imagenet-v2": _SECOND}
_SITE = "https://download.pytorch.org/models/"

# In float64 the network takes 205 MB. The unpacked size is checked before unpacking.
LARGEST = 512 * 2**20
DOWNLOAD_TIMEOUT = 30.0

# torchvision's file names end in the first digits of the SHA-256.
_HASH_IN_NAME = re.compile(r"^resnet50-([0-9a-f]{8,64})\.pth$")
_HINT = "pass a file with --resnet-weights FILE"


def find_weights(weights: Weights = None, *, download: bool = True) -> Path:
    """Find a weights file by path or by name in :data:`PUBLISHED`; download a published one if allowed.

    None stands for ``"imagenet"``.
    """
    name = "imagenet" if weights is None else weights
    if not isinstance(name, str) or name not in PUBLISHED:
        file = Path(name)
        if not file.is_file():
            raise ModelError(f"{file}: no such file (ResNet-50 weights)")
        return file
    file = _torch_cache() / "checkpoints" / PUBLISHED[name]
    if file.is_file():
        return file
    if not download:
        raise ModelError(f"ResNet-50's ImageNet weights are not at {file}; {_HINT}")
    return _download(_SITE + file.name, file)


def published_name(sha256: str) -> str | None:
    """Give the name in :data:`PUBLISHED` of the file with this SHA-256, or None."""
    for name, file in PUBLISHED.items():
        match = _HASH_IN_NAME.match(file)
        if match and sha256.startswith(match[1]):
            return name
    return None


def sha256_of(file: Path) -> str:
    """Compute the SHA-256 of a file as hexadecimal digits."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(file, error) from error


def read_weights(file: Path) -> tuple[dict[str, Any], str]:
    """Read a state dict of torchvision's ResNet-50 as float32 tensors, and the SHA-256 of its file.

    Nothing in the file is run. The last layer (``fc``) may have any size or be missing, and is dropped.
    """
    require("torch", "torch", "torchvision")
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise _unreadable(file, error) from error
    # Read once, so that what is hashed is what is loaded, even if the file changes in between.
    sha256 = hashlib.sha256(data).hexdigest()
    if size > LARGEST or _unpacked_size(data) > LARGEST:
        raise ModelError(f"{file}: too large to be ResNet-50 weights")
    promised = _HASH_IN_NAME.match(file.name)
    if promised and not sha256.startswith(promised[1]):
        raise ModelError(
            f"{file}: damaged or wrongly named (its SHA-256 begins with {sha256[:8]}); download it again"
        )
    return _validate(file, _load(file, data)), sha256


def _torch_cache() -> Path:
    """Find torch's download cache."""
    if torch := sys.modules.get("torch"):
        return Path(torch.hub.get_dir())
    # The rule in its documentation; importing torch takes seconds.
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser() / "hub"


def _download(url: str, file: Path) -> Path:
    """Download a file into the cache if it has the hash in its name.

    Unlike torch's downloader, it gives up when the network is silent, and does not import torch.
    """

    def failed(reason: object) -> ModelError:
        return ModelError(f"cannot download ResNet-50's weights from {url} ({one_line(reason)}); {_HINT}")

    def network(call: Callable[[], Any]) -> Any:
        # Inside the writing block, an OSError would be taken for one of the file's.
        try:
            return call()
        except (OSError, http.client.HTTPException) as error:
            raise failed(error) from error

    promised = _HASH_IN_NAME.match(file.name)
    digest, size = hashlib.sha256(), 0
    answer = network(lambda: urlopen(url, timeout=DOWNLOAD_TIMEOUT))  # noqa: S310 - our own URL, not a user's
    try:
        with answer, writing_atomically(file) as target:
            while piece := network(lambda: answer.read(2**20)):
                digest.update(piece)
                size += target.write(piece)
                if size > LARGEST:
                    raise failed("the file is too large")
            if promised and not digest.hexdigest().startswith(promised[1]):
                raise failed(f"the file has SHA-256 {digest.hexdigest()[:16]}..., not the published one")
    except OSError as error:
        raise failed(error) from error
    return file


def _unreadable(file: Path, error: OSError) -> ModelError:
    return ModelError(f"{file}: cannot read the ResNet-50 weights ({error.strerror or error})")


def _unpacked_size(data: bytes) -> int:
    """Size of an archive's content; torch stores it uncompressed, other programs may not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except Exception:  # noqa: BLE001 - no archive (torch before 1.6) or a broken one: torch will say so
        return len(data)


def _load(file: Path, data: bytes) -> Any:
    import torch

    try:
        check_names(data)
        with warnings.catch_warnings():
            # About the storage types in old files.
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{file}: refused, not a plain state dict; save one with torch.save(model.state_dict(), FILE)"
        ) from error
    except Exception as error:
        # A damaged file can fail anywhere inside torch and zipfile.
        raise ModelError(f"{file}: not a ResNet-50 weights file, or damaged") from error


def _validate(file: Path, state: Any) -> dict[str, Any]:
    import torch
    from torchvision.models import resnet50

    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise ModelError(f"{file}: not a state dict of ResNet-50")
    with torch.device("meta"):
        expected = {key: value for key, value in resnet50().state_dict().items() if not _is_last(key)}
    # Counters of training steps came with torch 0.4.1 and do not affect features.
    needed = {key: value for key, value in expected.items() if not key.endswith("num_batches_tracked")}
    if missing := [key for key in needed if key not in state]:
        raise ModelError(f"{file}: not the weights of a ResNet-50: {missing[0]} is missing")
    if foreign := [key for key in state if key not in expected and not _is_last(key)]:
        raise ModelError(f"{file}: not the weights of a ResNet-50: unexpected {one_line(foreign[0])}")
    for key, value in needed.items():
        tensor = state[key]
        if not isinstance(tensor, torch.Tensor) or tensor.shape != value.shape:
            shape = tuple(tensor.shape) if isinstance(tensor, torch.Tensor) else type(tensor).__name__
            raise ModelError(
                f"{file}: not the weights of a ResNet-50: {key} is {shape}, not {tuple(value.shape)}"
            )
        if not tensor.is_floating_point() or tensor.layout != torch.strided or not tensor.isfinite().all():
            raise ModelError(f"{file}: damaged: {key} must contain finite floating-point numbers")
        if key.endswith("running_var") and (tensor < 0).any():
            raise ModelError(f"{file}: damaged: {key} contains negative variances")
    return {key: state[key].to(torch.float32) for key in needed}


def _is_last(key: str) -> bool:
    return key.startswith("fc.")

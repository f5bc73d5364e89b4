"""Weights of a ResNet-50: read from files, looked for, downloaded, and what is refused as such."""

from __future__ import annotations

import hashlib
import pickle
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import urlopen

import numpy as np
import pytest

import facespectra as fs
from facespectra.deep import weights
from facespectra.errors import ModelError

pytest.importorskip("torchvision", reason="needs the torch extra")
torch = pytest.importorskip("torch", reason="needs the torch extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        weights.read_weights(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


def test_the_last_layer_may_be_missing_or_of_any_size(state: dict[str, Any], tmp_path: Path) -> None:
    slim = {key: value for key, value in state.items() if not key.startswith("fc.")}
    slim = {key: value.double() for key, value in slim.items() if not key.endswith("num_batches_tracked")}
    torch.save(slim | {"fc.weight": torch.zeros(2, 2048), "fc.bias": torch.zeros(2)}, tmp_path / "w.pth")
    found, sha256 = weights.read_weights(tmp_path / "w.pth")
    assert set(found) == {key for key in slim if not key.startswith("fc.")}
    assert all(value.dtype == torch.float32 for value in found.values())
    assert sha256 == hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.999])
def test_a_cut_file_is_refused(weights_file: Path, tmp_path: Path, keep: float) -> None:
    data = weights_file.read_bytes()
    (tmp_path / "w.pth").write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    assert "not a ResNet-50 weights file, or damaged" in refusal(tmp_path / "w.pth")


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return (exec, ("raise SystemExit('run')",))


def test_what_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": Hostile()}, tmp_path / "new.pth")
    torch.save({"conv1.weight": Hostile()}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Hostile()))
    for name in ("new.pth", "old.pth", "plain.pth"):
        assert "refused" in refusal(tmp_path / name)


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pth")
    assert "state_dict" in refusal(tmp_path / "model.pth")


def test_a_bomb_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**20))
    monkeypatch.setattr(weights, "LARGEST", 2**19)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    assert "too large" in refusal(tmp_path / "w.pth")
    (tmp_path / "w.pth").write_bytes(bytes(2**20))
    assert "too large" in refusal(tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("layer4.2.bn3.weight"), "layer4.2.bn3.weight is missing"),
        (lambda s: s.update({"extra": torch.zeros(1)}), "unexpected extra"),
        (lambda s: s.update({"conv1.weight": torch.zeros(64, 3, 3, 3)}), "conv1.weight is (64, 3, 3, 3)"),
        (lambda s: s.update({"bn1.bias": 3}), "bn1.bias is int"),
        (lambda s: s.update({"bn1.bias": torch.full((64,), float("nan"))}), "bn1.bias must contain finite"),
        (
            lambda s: s.update({"bn1.bias": torch.zeros(64, dtype=torch.int64)}),
            "bn1.bias must contain finite",
        ),
        (lambda s: s.update({"bn1.running_var": torch.full((64,), -1.0)}), "negative variances"),
    ],
    ids=["missing", "foreign", "shape", "type", "nan", "integers", "variance"],
)
def test_other_contents_are_refused(state: dict[str, Any], change: Any, message: str, tmp_path: Path) -> None:
    changed = dict(state)
    change(changed)
    # Written without torch, whose files of all the weights would take the time.
    checked = pytest.raises(ModelError)
    with checked as caught:
        weights._validate(tmp_path / "w.pth", changed)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "w.pth"))


def test_another_network_and_other_data_are_refused(tmp_path: Path) -> None:
    from torchvision.models import resnet18

    torch.save(resnet18(weights=None).state_dict(), tmp_path / "18.pth")
    assert "not the weights of a ResNet-50" in refusal(tmp_path / "18.pth")
    torch.save([1, 2, 3], tmp_path / "list.pth")
    assert "not a state dict" in refusal(tmp_path / "list.pth")


def test_a_name_of_torchvisions_promises_its_hash(weights_file: Path, tmp_path: Path) -> None:
    data = weights_file.read_bytes()
    digits = hashlib.sha256(data).hexdigest()[:8]
    wrong = tmp_path / "resnet50-11ad3fa6.pth"
    wrong.write_bytes(data)
    assert f"begins with {digits}" in refusal(wrong)
    right = wrong.rename(tmp_path / f"resnet50-{digits}.pth")
    assert weights.read_weights(right)[1].startswith(digits)


def test_no_such_file() -> None:
    with pytest.raises(ModelError, match=r"nowhere\.pth: no such file"):
        fs.DeepFeatures("nowhere.pth").transform([np.zeros((8, 8, 3), np.uint8)])


@pytest.mark.parametrize("name", [None, "imagenet", "imagenet-v2"])
def test_without_a_network_one_line_says_what_to_do(name: str | None, hub: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot download.*not known.*--resnet-weights FILE") as caught:
        fs.DeepFeatures(name).transform([np.zeros((8, 8, 3), np.uint8)])
    assert "\n" not in str(caught.value)
    assert not hub.exists()
    with pytest.raises(ModelError, match="are not at"):
        weights.find_weights(name, download=False)


def test_published_weights_are_where_torchvision_says() -> None:
    from torchvision.models import ResNet50_Weights

    names = {"imagenet": "IMAGENET1K_V1", "imagenet-v1": "IMAGENET1K_V1", "imagenet-v2": "IMAGENET1K_V2"}
    assert {name: weights._SITE + file for name, file in weights.PUBLISHED.items()} == {
        name: ResNet50_Weights[theirs].url for name, theirs in names.items()
    }


@pytest.mark.parametrize(
    "variables",
    [{}, {"TORCH_HOME": "~/t"}, {"XDG_CACHE_HOME": "/c"}, {"TORCH_HOME": "/t", "XDG_CACHE_HOME": "/c"}],
)
def test_torchs_folder_is_known_without_torch(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    theirs = weights._torch_cache()
    monkeypatch.delitem(sys.modules, "torch")
    assert weights._torch_cache() == theirs


class Site(BaseHTTPRequestHandler):
    """A server of weights, of which one breaks off and one says nothing."""

    content = b"weights" * 1000
    asked: ClassVar[list[str]] = []
    over = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "silent" in self.path:
            self.over.wait()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[: 100 if "broken" in self.path or "stalls" in self.path else None])
        if "stalls" in self.path:
            self.wfile.flush()
            self.over.wait()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(hub: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site whose weights have the right hash in their name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    name = f"resnet50-{hashlib.sha256(Site.content).hexdigest()[:8]}.pth"
    monkeypatch.setattr(weights, "urlopen", urlopen)
    monkeypatch.setattr(weights, "PUBLISHED", {"imagenet": name, "other": "resnet50-00000000.pth"})
    monkeypatch.setattr(weights, "_SITE", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(Site, "asked", [])
    monkeypatch.setattr(Site, "over", threading.Event())
    yield name
    Site.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_weights_are_downloaded_once_and_checked(hub: Path, site: str) -> None:
    file = weights.find_weights()
    assert file == hub / site
    assert file.read_bytes() == Site.content
    assert weights.find_weights("imagenet") == file
    assert Site.asked == [f"/{site}"]
    # What lies in the cache is checked like any other file.
    assert "not a plain state dict" in refusal(file)
    with pytest.raises(ModelError, match="not the published one"):
        weights.find_weights("other")
    assert [path.name for path in hub.iterdir()] == [site]


@pytest.mark.parametrize(
    ("fault", "said"),
    [("broken", "IncompleteRead|SHA-256"), ("silent", "timed out"), ("stalls", "timed out")],
)
def test_a_download_that_breaks_off_leaves_nothing(
    fault: str, said: str, hub: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_SITE", f"{weights._SITE}{fault}/")
    monkeypatch.setattr(weights, "DOWNLOAD_TIMEOUT", 0.2)
    with pytest.raises(ModelError, match=rf"cannot download.*({said}).*--resnet-weights FILE"):
        weights.find_weights()
    assert not list(hub.iterdir() if hub.exists() else [])


def test_a_download_that_never_ends_is_refused(hub: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "LARGEST", 1000)
    with pytest.raises(ModelError, match="the file is too large"):
        weights.find_weights()
    assert not list(hub.iterdir())


@pytest.mark.parametrize("kind", ["key", "keys", "dict", "set", "ordered"])
def test_keys_that_take_forever_to_hash_are_refused(kind: str, tmp_path: Path) -> None:
    """Forty tuples, each of the one before twice, in the place of a name."""
    nested = b")" + b"".join(b"q%c0h%ch%c\x86" % (k, k, k) for k in range(40))
    pickles = {
        "key": b"}" + nested + b"Ns.",
        "keys": b"}(" + nested + b"Nu.",
        "dict": b"(" + nested + b"Nd.",
        "set": b"\x8f(" + nested + b"\x90.",
        "ordered": b"ccollections\nOrderedDict\n]" + nested + b"N\x86a\x85R.",
    }
    (tmp_path / "w.pth").write_bytes(b"\x80\x04" + pickles[kind])
    assert "refused" in refusal(tmp_path / "w.pth")

"""Who may ask the server, and from where; what browsers are told to do with its answers."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from facespectra.cli import main
from facespectra.serve.folders import PREFIX, private_folder, remove_stale
from facespectra.serve.guard import POLICY, Guard
from facespectra.serve.settings import Settings
from facespectra.serve.uploads import clean_name, stored_name
from servers import Served, running, serving

PATHS = (
    "/",
    "/api/info",
    "/openapi.json",
    "/api/samples",
    "/static/app.js",
    "/api/items/x/events",
    "/nothing",
)

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is refused


@pytest.mark.parametrize("path", PATHS)
def test_nothing_without_the_token(server: Served, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {server.token}"}):
        with server.make_client(headers) as client:
            answer = client.get(path)
            assert answer.status_code == 401
            assert server.token not in answer.text
    with server.make_client({"cookie": "facespectra_1=x; other"}) as client:
        assert client.get(path).status_code == 401
        assert client.post("/api/score", content=b"x").status_code == 401


def test_the_address_opens_the_page_once_and_for_all(server: Served) -> None:
    with server.make_client() as client:
        assert client.get("/", params={"token": "wrong"}).status_code == 401
        answer = client.get("/", params={"token": server.token})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/"))
        # The client keeps the cookie, and the token is in no address from now on.
        assert client.get("/").status_code == 200
        assert client.get("/api/info").status_code == 200
    with server.make_client() as client:
        assert client.get("/api/info", params={"token": server.token}).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "[::2]:{port}", ""]
)
def test_other_hosts_are_refused(server: Served, host: str) -> None:
    port = server.base.rpartition(":")[2]
    answer = server.client.get("/api/info", headers={"host": host.format(port=port)})
    assert answer.status_code == 403
    assert answer.json() == {"error": "the request is for another host"}


def test_this_machine_has_several_names(server: Served) -> None:
    port = server.base.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
        assert server.client.get("/api/info", headers={"host": host}).status_code == 200


def test_cookies_of_other_programs_do_not_disturb(server: Served) -> None:
    port = server.base.rpartition(":")[2]
    odd = 'theme={"dark": true, "x": [1]}; a b=c; =; ' + f"facespectra_{port}={server.token}; z"
    with server.make_client({"cookie": odd}) as client:
        assert client.get("/api/info").status_code == 200


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("192.168.1.7:8484", True),
        ("[fe80::1]:8484", True),
        ("localhost:8484", True),
        ("evil.example:8484", False),
        ("192.168.1.7:1", False),
        ("192.168.1.7", False),
    ],
)
def test_an_open_server_goes_by_numbers_and_its_own_name(host: str, served: bool) -> None:
    async def found(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    answers: list[dict[str, Any]] = []
    settings = Settings(host=EVERYWHERE, token="x" * 16)
    headers = [(b"host", host.encode()), (b"authorization", b"Bearer " + b"x" * 16)]
    scope = {"type": "http", "scheme": "http", "method": "GET", "path": "/api/info", "headers": headers}
    guard = Guard(found, settings, 8484)
    asyncio.run(guard(scope | {"query_string": b""}, None, send))
    assert answers[0]["status"] == (204 if served else 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://localhost:1"])
def test_other_pages_are_refused(server: Served, portrait: bytes, origin: str) -> None:
    for method, path in (("GET", "/api/info"), ("POST", "/api/score"), ("OPTIONS", "/api/score")):
        answer = server.client.request(method, path, headers={"origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_the_own_page_is_taken(server: Served) -> None:
    headers = {"origin": server.base, "sec-fetch-site": "same-origin"}
    assert server.client.get("/api/info", headers=headers).status_code == 200
    headers = {"sec-fetch-site": "cross-site"}
    assert server.client.get("/api/info", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/api/info", "/api/samples/swapped.jpg", "/nothing", "/api/items/x/media"]
)
def test_every_answer_has_the_headers(server: Served, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"host": "evil.example"}):
        answer = server.client.get(path, headers=headers)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


def test_media_are_files_and_no_pages(server: Served) -> None:
    page = b"<html><script>alert(1)</script>" + b" " * 500
    answer = server.post(page, "page.html")
    assert answer.status_code == 415
    key = server.add(b"\x1a\x45\xdf\xa3" + page, "page.html")
    media = server.client.get(f"/api/items/{key}/media", headers={"range": "bytes=0-3"})
    assert media.status_code == 206
    assert media.content == b"\x1a\x45\xdf\xa3"
    assert media.headers["content-type"] == "video/webm"
    assert media.headers["content-security-policy"].startswith("sandbox")
    assert media.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/%2fetc%2fpasswd",
        "/api/samples/..%2fsamples.py",
        "/api/items/..%2f..%2fetc/media",
    ],
)
def test_no_address_leads_to_another_file(server: Served, path: str) -> None:
    answer = server.client.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_other_methods_are_refused_in_one_line(server: Served) -> None:
    answer = server.client.put("/api/score")
    assert answer.status_code == 405
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "shown", "stored"),
    [
        ("photo.JPG", "photo.JPG", "upload.jpg"),
        ("../../etc/passwd", "passwd", "upload"),
        ("C:\\Users\\x\\photo.png", "photo.png", "upload.png"),
        ("a\x1b[31m\n.mp4", "a\\x1b[31m\\n.mp4", "upload.mp4"),
        ("\udcff.jpg", "\\xff.jpg", "upload.jpg"),
        ("", "file", "upload"),
        ("x.html", "x.html", "upload"),
        ("y" * 300 + ".jpeg", "y" * 192 + "....jpeg", "upload.jpeg"),
    ],
)
def test_names_are_shown_and_never_used(name: str, shown: str, stored: str) -> None:
    assert clean_name(name) == shown
    assert stored_name(clean_name(name)) == stored


def test_an_open_address_needs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", EVERYWHERE, "--no-browser"]) == 2
    error = capsys.readouterr().err
    assert "--token" in error
    assert len(error.splitlines()) == 1
    assert main(["serve", "--host", EVERYWHERE, "--token", "short", "--no-browser"]) == 2


def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["serve", "--no-browser", "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].endswith(
        f"port {port} is taken by another program; add --port 0 to use any free one"
    )


def test_a_model_that_does_not_load_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.model").write_bytes(b"no model")
    assert main(["serve", "--no-browser", "--port", "0", "-m", str(tmp_path / "other.model")]) == 2
    assert "not a model of facespectra" in capsys.readouterr().err.splitlines()[-1]


def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "installed", lambda module: module != "uvicorn")
    assert main(["serve", "--no-browser"]) == 2
    assert capsys.readouterr().err == (
        'facespectra: uvicorn is not installed: pip install "facespectra[serve]"\n'
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing_behind(
    tmp_path: Path, portrait: bytes, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "facespectra", "serve", "--no-browser", "--port", "0"]
    with running(command, tmp_path) as served:
        key = served.add(portrait, "portrait.jpg")
        stream = served.events(key)
        next(stream)
        workers = served.workers
        (folder,) = tmp_path.glob(f"{PREFIX}*")
        assert folder.stat().st_mode & 0o777 == 0o700
        served.process.send_signal(number)
        assert served.process.wait(60) == 0
        stream.close()
    assert not folder.exists()
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    assert not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers)


def test_what_a_killed_server_left_is_deleted_by_the_next(tmp_path: Path, portrait: bytes) -> None:
    with serving(tmp_path) as served:
        served.add(portrait, "portrait.jpg")
        served.process.kill()
        served.process.wait(60)
    (left,) = tmp_path.glob(f"{PREFIX}*")
    assert (left / "lock").exists()
    with serving(tmp_path) as served:
        assert not left.exists()
        assert served.client.get("/api/info").status_code == 200


def test_folders_in_use_or_of_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}without-lock").mkdir()
    with private_folder() as folder:
        assert remove_stale() == []
        assert folder.is_dir()
    assert not folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere",
        f"{PREFIX}link",
        f"{PREFIX}without-lock",
    ]


def test_the_server_decodes_nothing() -> None:
    """What is imported in the process that strangers talk to."""
    code = "import sys, json, facespectra.serve.running; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"PIL", "av", "numpy", "onnxruntime", "sklearn", "pandas", "matplotlib"}

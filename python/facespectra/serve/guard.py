"""Stands before the application: who may ask, from which page, and what browsers may do with the answers."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from facespectra.serve.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
LOCKED = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>facespectra</title><p>This page opens with the "
    "address that facespectra serve prints in the terminal: it has a key in it that is new for each start."
)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses foreign hosts, foreign pages, and whoever lacks the token; adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings, port: int) -> None:
        self.app = app
        self.settings = settings
        self.port = port
        self.cookie = f"facespectra_{port}"  # cookies do not know ports
        self._token = settings.token.encode()
        self._names = {settings.host.lower().strip("[]")}
        if is_loopback(settings.host):
            self._names |= {LOOPBACK, "localhost", "::1"}
        else:
            self._names |= {"localhost", socket.gethostname().lower(), socket.getfqdn().lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the application, or answer it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._foreign(scope, headers)
        if refusal:
            await _answer(guarded, 403, refusal)
            return
        is_page = scope["path"] == "/" and scope["method"] in ("GET", "HEAD")
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0] if is_page else ""
        if given and self._matches(given):
            cookie = f"{self.cookie}={self.settings.token}; HttpOnly; SameSite=Strict; Path=/"
            await _respond(guarded, 303, b"", {"location": "/", "set-cookie": cookie})
        elif self._knows(headers):
            await self.app(scope, receive, guarded)
        elif is_page:
            await _respond(guarded, 401, LOCKED.encode(), {"content-type": "text/html; charset=utf-8"})
        else:
            message = "the token is missing or wrong: send Authorization: Bearer TOKEN"
            await _answer(guarded, 401, message, {"www-authenticate": "Bearer"})

    def _foreign(self, scope: Scope, headers: dict[str, str]) -> str:
        """Why a request is not for this server, or not from its page; empty where all is well."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = headers.get("host", "")
        if len(hosts) != 1 or not self._serves(host):
            return "the request is for another host"
        origin = headers.get("origin")
        if origin is not None and origin != f"{scope['scheme']}://{host}":
            return "the request comes from another page"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and scope["path"] != "/":
            return "the request comes from another page"
        return ""

    def _serves(self, host: str) -> bool:
        name, port = _split_host(host)
        if port not in (str(self.port), "" if self.port == 80 else None):
            return False
        if name in self._names:
            return True
        # On an open address, also by number: a name that somebody else points here is none.
        return not is_loopback(self.settings.host) and _is_address(name)

    def _knows(self, headers: dict[str, str]) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._matches(token.strip())
        # By hand: programs on other ports set cookies for the same host, and http.cookies stops at odd ones.
        pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
        return any(name == self.cookie and self._matches(value) for name, _, value in pairs)

    def _matches(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token)


def _split_host(host: str) -> tuple[str, str]:
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name.lower(), rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name.lower(), port


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _answer(send: Any, status: int, message: str, headers: dict[str, str] | None = None) -> None:
    body = json.dumps({"error": message}).encode()
    await _respond(send, status, body, {"content-type": "application/json"} | (headers or {}))


async def _respond(send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})

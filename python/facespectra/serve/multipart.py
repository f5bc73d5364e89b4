"""Forms with a file, taken apart as they arrive: the file goes to the disk, never into memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from facespectra.serve.uploads import RefusedError, Stored, Target

FIELD = "file"
MOST_PARTS = 16
LONGEST_HEADER = 8192


class Form:
    """A form whose field ``file`` is written to a file."""

    def __init__(self, content_type: str, make_target: Callable[[str], Target]) -> None:
        from python_multipart.multipart import MultipartParser, parse_options_header

        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise RefusedError(400, "a form without a boundary; send multipart/form-data")
        self.name = ""
        self.target: Target | None = None
        self._make_target = make_target
        self._parse_options = parse_options_header
        self._headers: dict[str, bytes] = {}
        self._field = self._value = b""
        self._writing = self._ended = False
        self._parts = 0
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)

    async def receive(self, stream: AsyncIterator[bytes]) -> Stored:
        """Take the form apart and give the file."""
        from python_multipart.exceptions import FormParserError

        try:
            async for chunk in stream:
                self._parser.write(chunk)
            self._parser.finalize()
        except FormParserError as error:
            raise RefusedError(400, "the form is damaged") from error
        finally:
            if self.target is not None:
                self.target.close()
        if not self._ended:
            raise RefusedError(400, "the form is damaged: it has no end")
        if self.target is None:
            raise RefusedError(400, f"the form has no file in a field called {FIELD}")
        return self.target.stored()

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise RefusedError(400, "the form has too many parts; send one file")
        self._headers, self._field, self._value = {}, b"", b""

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]
        self._check_header()

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._field) + len(self._value) > LONGEST_HEADER:
            raise RefusedError(400, "the form has too long a header")

    def _on_header(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        _, options = self._parse_options(self._headers.get("content-disposition", b""))
        if options.get(b"name", b"").decode("utf-8", "replace") != FIELD:
            return
        if self.target is not None:
            raise RefusedError(400, "the form has several files; send one at a time")
        self.name = options.get(b"filename", b"").decode("utf-8", "surrogateescape")
        self.target = self._make_target(self.name)
        self._writing = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._writing and self.target is not None:
            self.target.write(data[start:end])

    def _end_part(self) -> None:
        self._writing = False

    def _end(self) -> None:
        self._ended = True

"""What every piece of HTML for a notebook must hold: well-formed, by itself, and open to screen readers."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Protocol

VOID = {"img", "br", "hr", "image", "path", "rect", "circle", "line"}
INLINE = {"bdi", "span", "strong"}
SCRIPTED = {"script", "iframe", "object", "embed", "link", "form", "base", "meta"}


class Shown(Protocol):
    """Something that a notebook shows."""

    def _repr_html_(self) -> str: ...


class Fragment(HTMLParser):
    """The elements and the text of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.cells: list[list[str]] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    @property
    def text(self) -> str:
        """All text outside styles."""
        return " ".join("".join(self.words).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def rows(self) -> dict[str, list[str]]:
        """The cells of all rows of tables, by their first."""
        return {row[0]: row[1:] for row in self.cells}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag not in INLINE:
            self.words.append(" ")
        if tag == "tr":
            self.cells.append([])
        if tag in ("th", "td"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last, and no other."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if "style" in self.open:
            return
        self.words.append(data)
        if {"th", "td"} & set(self.open):
            self.cells[-1][-1] += data


def checked(shown: Shown) -> Fragment:
    """Parse what a notebook shows of something; it holds for every result."""
    html = shown._repr_html_()
    html.encode("utf-8")
    found = Fragment(html)
    assert not SCRIPTED & {tag for tag, _ in found.elements}
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag
    assert all(attributes.get("scope") in ("col", "row") for attributes in found.named("th"))
    assert len(found.named("caption")) == len(found.named("table"))
    assert all(attributes.get("alt") for attributes in found.named("img"))
    # What is drawn over a picture is in its alternative text.
    assert all(attributes.get("aria-hidden") == "true" for attributes in found.named("svg"))
    return found

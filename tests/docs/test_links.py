"""Links between the pages lead to a file of the repository and a heading in it, and diagrams can be drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ROOT

PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_CODE: Final = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_DIAGRAM: Final = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_ELSEWHERE: Final = re.compile(r"[a-z]+:")


def links(page: Path) -> list[str]:
    """Where a page leads to within the repository."""
    text = _CODE.sub("", page.read_text("utf-8"))
    return [link for link in _LINK.findall(text) if not _ELSEWHERE.match(link)]


def anchors(page: Path) -> set[str]:
    """The headings of a page as they are linked to: in lower case, without marks, with hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return True
    return bool(anchor) and anchor not in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if leads_nowhere(page, link)] == []


def test_every_page_is_reachable() -> None:
    """From README, over links."""
    found, new = set[Path](), {ROOT / "README.md"}
    while new:
        found |= new
        targets = {(page.parent / link.partition("#")[0]).resolve() for page in new for link in links(page)}
        new = {target for target in targets if target.suffix == ".md" and target.exists()} - found
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in found] == []


def test_no_semicolon_in_a_diagram() -> None:
    """It ends a line of Mermaid, also within a message: nothing is drawn then."""
    drawings = [drawing for page in PAGES for drawing in _DIAGRAM.findall(page.read_text("utf-8"))]
    assert len(drawings) >= 4
    assert [drawing for drawing in drawings if ";" in drawing] == []


def test_a_link_to_nowhere_is_found() -> None:
    assert links(ROOT / "README.md") != []
    assert leads_nowhere(ROOT / "README.md", "docs/none.md")
    assert leads_nowhere(ROOT / "README.md", "docs/android.md#none")
    assert not leads_nowhere(ROOT / "README.md", "docs/live-protocol.md#how-a-session-ends")

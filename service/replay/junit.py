"""A replay as JUnit XML, for the test reports of a build server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from service.replay.errors import ReplayError
from service.replay.finding import Replayed, Status

#: What XML 1.0 can hold (§2.2); names of files can hold more.
_NO_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SUITE: Final = "passkoll replay"


def write(path: Path, replays: Sequence[Replayed]) -> None:
    """Write the file: one test case a replay, a failure where it differs, an error where it cannot be read.

    Raises:
        ReplayError: it cannot be written.
    """
    tree = ET.ElementTree(to_xml(replays))
    ET.indent(tree)
    try:
        tree.write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise ReplayError(f"{path.name}: {error.strerror}") from None


def to_xml(replays: Sequence[Replayed]) -> ET.Element:
    """The element `testsuites`."""
    counts = {
        "tests": len(replays),
        "failures": _count(replays, Status.DIFFERENT),
        "errors": _count(replays, Status.UNREADABLE),
        "skipped": _count(replays, Status.SKIPPED),
    }
    totals = {name: str(count) for name, count in counts.items()} | {"time": _seconds(replays)}
    suites = ET.Element("testsuites", {"name": _SUITE, **totals})
    suite = ET.SubElement(suites, "testsuite", {"name": _SUITE, **totals})
    for replay in replays:
        _add(suite, replay)
    return suites


def _add(suite: ET.Element, replay: Replayed) -> None:
    name = _NO_XML.sub("\ufffd", replay.name)
    namespace, _, short = name.rpartition("::")
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": namespace or ("cases" if replay.is_case else "dumps"),
            "name": short or name,
            "time": _seconds([replay]),
        },
    )
    if replay.status is Status.DIFFERENT:
        lines = [_NO_XML.sub("\ufffd", difference.text()) for difference in replay.differences]
        failure = ET.SubElement(case, "failure", {"message": lines[0], "type": "difference"})
        failure.text = "\n".join(lines)
    elif replay.status is Status.UNREADABLE:
        note = _NO_XML.sub("\ufffd", replay.note or "")
        ET.SubElement(case, "error", {"message": note, "type": "unreadable"})
    elif replay.status is Status.SKIPPED:
        ET.SubElement(case, "skipped", {"message": _NO_XML.sub("\ufffd", replay.note or "")})


def _count(replays: Sequence[Replayed], status: Status) -> int:
    return sum(replay.status is status for replay in replays)


def _seconds(replays: Sequence[Replayed]) -> str:
    return f"{sum(replay.seconds for replay in replays):.3f}"

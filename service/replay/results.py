"""Recorded results: one JSON object a line, the first says of what. Nothing in them is personal.

A results file is what `replay --record` writes and `replay diff` compares: software of yesterday against that of
today, the library against a service, one trust store against another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrtd.inspection.inspector import SOFTWARE
from service.replay.case import read_check, read_service_end, read_verdicts
from service.replay.compare import Difference, compare_findings
from service.replay.errors import ReplayError
from service.replay.finding import Finding, Replayed
from service.replay.node import Node

SCHEMA: Final = "passkoll/results/1"
SUFFIX: Final = ".results.jsonl"
#: A report with its verdicts takes about 10 KB.
_MAX_LINE: Final = 1024 * 1024

_LINE: Final = ("error", "document_type", "issuing_state", "checks", "verdicts", "leading", "reason", "service")


@dataclass(frozen=True, slots=True)
class Change:
    """A case or dump that two results do not agree on; `only_in` is `a` or `b` where the other has none."""

    name: str
    only_in: str | None = None
    differences: tuple[Difference, ...] = ()

    def to_json(self) -> dict[str, object]:
        """A line of `replay diff --json`."""
        return {
            "case": self.name,
            "only_in": self.only_in,
            "diff": [difference.to_json("a", "b") for difference in self.differences],
        }


def default_path(folder: Path) -> Path:
    """Where the results of a folder are recorded: beside it, under its name."""
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}{SUFFIX}")


def record(path: Path, replays: Iterable[Replayed], *, through: str) -> int:
    """Write what was found; a replay without a finding leaves no line.

    Args:
        path: the file, which is replaced.
        replays: in the order in which they are written.
        through: `library` or `service`.

    Returns:
        The number of findings.

    Raises:
        ReplayError: the file cannot be written.
    """
    found = [replay for replay in replays if replay.finding is not None]
    head: dict[str, object] = {"schema": SCHEMA, "through": through, "software": SOFTWARE}
    lines = [head, *({"case": replay.name, **_finding_json(replay)} for replay in found)]
    try:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            for line in lines:
                stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    except OSError as error:
        raise ReplayError(f"{path.name}: {error.strerror}") from None
    return len(found)


def load(path: Path) -> Mapping[str, Finding]:
    """The findings of a results file, or of all in a folder, by case.

    Raises:
        ReplayError: no results, or a case twice.
    """
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise ReplayError(f"{path.name or path}: no results here; replay --record makes them")
    found: dict[str, Finding] = {}
    for file in files:
        for name, finding in _read(file):
            if name in found:
                raise ReplayError(f"{file.name}: {name} stands twice")
            found[name] = finding
    return found


def compare(first: Mapping[str, Finding], second: Mapping[str, Finding]) -> Iterator[Change]:
    """What changed from the first results to the second, by name."""
    for name in sorted({*first, *second}):
        if name not in second:
            yield Change(name, only_in="a")
        elif name not in first:
            yield Change(name, only_in="b")
        elif differences := compare_findings(first[name], second[name]):
            yield Change(name, differences=differences)


def _finding_json(replay: Replayed) -> dict[str, object]:
    return {} if replay.finding is None else replay.finding.to_json()


def _read(path: Path) -> Iterator[tuple[str, Finding]]:
    try:
        with path.open("rb") as stream:
            head = Node.read(stream.readline(_MAX_LINE)).members(("schema", "through", "software"))
            head["schema"].word((SCHEMA,))
            while line := stream.readline(_MAX_LINE):
                members = Node.read(line).members(("case", *_LINE))
                yield members["case"].text(), _finding(members.node)
    except OSError as error:
        raise ReplayError(f"{path.name}: {error.strerror}") from None
    except ReplayError as error:
        raise ReplayError(f"{path.name}: {error}") from None


def _finding(node: Node) -> Finding:
    members = node.members(("case", *_LINE))
    error, service = members["error"], members["service"]
    verdicts = read_verdicts(members["verdicts"], None)
    leading = _text(members["leading"])
    if leading is not None and leading not in verdicts:
        raise members["leading"].error("one of the verdicts")
    return Finding(
        error=None if error.is_null else error.members(("code",))["code"].text(),
        document_type=_text(members["document_type"]),
        issuing_state=_text(members["issuing_state"]),
        checks=tuple(read_check(check) for check in members["checks"].items()),
        verdicts=verdicts,
        leading=leading,
        reason=_text(members["reason"]),
        service=None if service.is_null else read_service_end(service),
    )


def _text(node: Node) -> str | None:
    return None if node.is_null else node.text()

"""What `passkoll replay` prints: one JSON object a case or dump, or tables for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from service.cli.output import BAD_MARK, GOOD_MARK, OPEN_MARK, console, marked, shown_path
from service.replay.finding import VERDICT_MEMBERS, Replayed, Status
from service.replay.results import Change
from service.replay.summary import by_end, by_namespace

__all__ = ["progress", "show_cases", "show_changes", "show_dumps", "shown_path", "to_json"]

_OUTCOMES: Final = {"verified": GOOD_MARK, "refused": BAD_MARK}
_MARKS: Final = {
    Status.OK: GOOD_MARK,
    Status.DIFFERENT: BAD_MARK,
    Status.SKIPPED: "NOT_PERFORMED",
    Status.UNREADABLE: "ABORTED",
}


def to_json(replay: Replayed) -> dict[str, object]:
    """A line of `replay --json` (API.md section 4): `case`, `ok` and `diff`; `ok` is null where nothing was compared.

    A bare dump has its verdict and the reason to tell first. What cannot be read has `error` alone.
    """
    head = {"case" if replay.is_case else "file": shown_path(replay.name)}
    if replay.status is Status.UNREADABLE:
        return {**head, "error": replay.note}
    if replay.status is Status.SKIPPED:
        return {**head, "ok": None, "diff": [], "skipped": replay.note}
    finding = replay.finding
    if finding is not None and finding.leading is not None and not replay.is_case:
        verdict = finding.verdicts[finding.leading]
        return {
            **head,
            "document_type": finding.document_type,
            "issuing_state": finding.issuing_state,
            **{name: verdict[name] for name in VERDICT_MEMBERS},
            "reason": finding.reason,
            "policy": finding.leading,
        }
    differences = [difference.to_json() for difference in replay.differences]
    return {**head, "ok": not differences, "diff": differences}


@contextmanager
def progress(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Call what this gives after each replay; shows a bar on standard error, on a terminal only."""
    screen = Console(stderr=True)
    if not shown or not screen.is_terminal:
        yield lambda: None
        return
    with Progress(console=screen, transient=True) as bar:
        task = bar.add_task("replay", total=total)
        yield lambda: bar.advance(task)


def show_cases(done: Sequence[Replayed]) -> None:
    """Each case that is not as expected with its differences, then the numbers by namespace."""
    screen = console()
    for replay in done:
        if replay.status not in (Status.DIFFERENT, Status.UNREADABLE):
            continue
        screen.print(marked(screen, shown_path(replay.name), _MARKS[replay.status]))
        for line in [difference.text() for difference in replay.differences] or [replay.note or ""]:
            screen.print(Text(f"    {line}"))
    _show_skipped(screen, done)
    table = Table(show_edge=False)
    table.add_column("cases")
    columns = (Status.OK, Status.DIFFERENT, Status.SKIPPED, Status.UNREADABLE)
    for column in columns:
        table.add_column(column.value, justify="right")
    for namespace, counts in by_namespace(done):
        table.add_row(namespace, *(str(counts[column] or "") for column in columns))
    screen.print(table)
    good = sum(replay.status is Status.OK for replay in done)
    skipped = sum(replay.status is Status.SKIPPED for replay in done)
    bad = len(done) - good - skipped
    told = ((good, "as expected"), (skipped, "skipped"), (bad, "not as expected"))
    words = ", ".join(f"{count} {word}" for count, word in told if count) or "none"
    screen.print(marked(screen, f"{len(done)} cases: {words}", BAD_MARK if bad or not good else GOOD_MARK))


def _show_skipped(screen: Console, done: Sequence[Replayed]) -> None:
    notes: dict[str, int] = {}
    for replay in done:
        if replay.status is Status.SKIPPED and replay.note is not None:
            notes[replay.note] = notes.get(replay.note, 0) + 1
    for note, number in sorted(notes.items()):
        screen.print(marked(screen, f"{number} skipped: {note}", _MARKS[Status.SKIPPED]))


def show_dumps(done: Sequence[Replayed], others: int) -> None:
    """The dumps by issuing state, outcome and reason, then those that cannot be read by their names."""
    screen = console()
    table = Table(show_edge=False)
    for heading in ("issuing state", "outcome", "reason"):
        table.add_column(heading, no_wrap=True)
    table.add_column("dumps", justify="right")
    for group in by_end(done):
        outcome = marked(screen, group.outcome, _OUTCOMES.get(group.outcome, OPEN_MARK))
        table.add_row(group.issuing_state, outcome, group.reason, str(group.dumps))
    screen.print(table)
    unreadable = [replay for replay in done if replay.status is Status.UNREADABLE]
    for replay in unreadable:
        screen.print(marked(screen, f"{shown_path(replay.name)}: {replay.note}", _MARKS[Status.UNREADABLE]))
    screen.print(f"{len(done)} dumps, {len(unreadable)} unreadable, {others} other files")


def show_changes(changes: Sequence[Change], compared: int) -> None:
    """Each case that changed, check by check."""
    screen = console()
    for change in changes:
        only = "" if change.only_in is None else f": only in {'the first' if change.only_in == 'a' else 'the second'}"
        screen.print(Text(f"{shown_path(change.name)}{only}", style="bold"))
        for difference in change.differences:
            screen.print(Text(f"    {difference.text('was', 'is')}"))
    screen.print(f"{compared} compared, {len(changes)} changed")

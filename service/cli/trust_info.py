"""The text of `passkoll trust info`: a paragraph a file, then one table and what people act on, over all files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mrtd.pki.coverage import Coverage
from mrtd.pki.info import TrustInfo, TrustOverview
from mrtd.pki.issuing_states import state_name, state_of
from service.cli.output import marked

#: With the code and the other columns this fills 80; the longest name of a state that signs has 37.
_NAME_WIDTH: Final = 30
#: Terminals may be wider, lines that people read are not.
_LINE_WIDTH: Final = 100
_HASH_DIGITS: Final = 16
#: Columns that are no numbers.
_WORDS: Final = frozenset({"state", "valid until"})
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def file(screen: Console, answer: TrustInfo) -> None:
    """The paragraph of one file."""
    status, reason = answer.signer.status.value, answer.signer.reason
    found = answer.coverage
    screen.print(Text(answer.file, style="bold"), answer.kind)
    screen.print(
        f"  certificates    {answer.parsed} of {answer.certificates} read, {answer.with_key} with a usable key"
    )
    screen.print(f"  self-signed     {answer.self_signed_verified} of {answer.self_signed} verified")
    screen.print(f"  links           {answer.links_verified} of {answer.links} verified")
    screen.print(f"  states          {len(found.states)}; {len(found.expiring)} anchors expire within 90 days")
    screen.print("  list signature ", marked(screen, status), "" if reason is None else reason.value)


def overview(screen: Console, answer: TrustOverview) -> None:
    """The table of states, those without an anchor, and what people should look at."""
    found = answer.coverage
    screen.print(_table(screen, found))
    without = (_named(state) for state in found.without_anchor)
    _line(screen, f"{len(found.without_anchor)} states without an anchor", without)
    if found.expiring:
        _line(screen, f"{len(found.expiring)} anchors expire within 90 days", _expiring(found))
    if found.not_signing:
        ended = f"{len(found.not_signing)} states whose newest key may sign no more (is the list stale?)"
        _line(screen, ended, (_named(state) for state in found.not_signing))
    for sentence in _counts(answer):
        _line(screen, sentence)


def _table(screen: Console, found: Coverage) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("state", "anchors", "<= 90 d", "superseded", "valid until"):
        # cropped, not ended by a mark: a narrow output may be one that lacks the mark
        table.add_column(heading, justify="left" if heading in _WORDS else "right", no_wrap=True, overflow="crop")
    for state, row in found.states.items():
        name = _plain(screen, textwrap.shorten(state_name(state) or "", _NAME_WIDTH, placeholder=" ..."))
        counts = (row.anchors, row.expiring_90_days, row.superseded)
        table.add_row(f"{state} {name}", *map(str, counts), _day(row.valid_until))
    return table


def _counts(answer: TrustOverview) -> Iterator[str]:
    found = answer.coverage
    unlinked = sum(not supersession.linked for supersession in found.superseded)
    yield f"{len(found.anchors)} anchors: {answer.in_several} in several of the files, {answer.in_one_file} in one"
    yield f"{len(found.superseded)} superseded: no verified link leads from {unlinked} of them to the newest key"
    yield (
        f"{len(found.expired)} expired, {len(found.usage_ended)} whose private key may sign no more, "
        f"{len(found.weak)} weak, {len(found.broken)} with an unreadable extension"
    )


def _expiring(found: Coverage) -> Iterator[str]:
    for certificate in found.expiring:
        yield f"{state_of(certificate) or '-'} {_day(certificate.not_after)} {certificate.sha256[:_HASH_DIGITS]}"


def _named(state: str) -> str:
    name = state_name(state)
    return state if name is None else f"{state} {name}"


def _line(screen: Console, sentence: str, items: Iterable[str] = ()) -> None:
    """A sentence and what it counts, wrapped between the items, never inside one."""
    listed = ", ".join(item.replace(" ", _NO_BREAK) for item in items)
    text = f"{sentence}: {listed}" if listed else sentence
    width = min(screen.width, _LINE_WIDTH)
    lines = textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    screen.print(_plain(screen, "\n".join(lines).replace(_NO_BREAK, " ")))


def _plain(screen: Console, text: str) -> str:
    """The text as the output can carry it; names of states hold letters that not every output has."""
    return text.encode(screen.encoding, "replace").decode(screen.encoding)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()

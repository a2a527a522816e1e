"""`passkoll scan` without a service: read a chip here, and judge it with what the operator trusts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from mrtd.errors import MalformedError
from mrtd.inspection import MrzEvidence, inspect, judge
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.protocols import password
from mrtd.protocols.password import Password
from service.cli.choices import Require
from service.cli.inspection import is_good, read_mrz, read_policy, read_trust, show
from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.cli.scan_files import require_new, warn_of_dump, write_dump, write_new
from service.cli.scan_progress import bar
from service.cli.scan_reader import Reader, ReaderOptions, open_reader
from service.client.cards import Card, NoCardError
from service.client.cards.recording import Recorder
from service.client.terminal import AccessError, Randomness, ReadChip, ReadingError, read_here

#: What a reader of the output must know: the terminal is as trustworthy as whoever runs it.
LOCAL_NOTICE: Final = "Read here and now by this program. It counts on this machine alone: no service saw the chip."

_WORDS: Final[Mapping[str, str]] = {
    "tag_lost": "the chip was lost again and again: hold the passport still",
    "read.no_application": "what answers there is no passport",
    "bac.needs_mrz": "this chip opens with the lines of the page alone: give them with --mrz",
    "too_much_data": "the chip gives more than any passport holds",
}
#: Then there is nothing within reach that could answer.
_GONE: Final = frozenset({"no_card", "tag_lost"})


@dataclass(frozen=True, slots=True, repr=False)
class Wishes:
    """What a reading is judged by, and what it leaves behind."""

    trust: Sequence[Path] = ()
    realm: str | None = None
    policy: str = "default"
    require: Require = Require.AUTHENTIC
    dump: Path | None = None
    record: Path | None = None
    as_json: bool = False


def run(
    spec: str, options: ReaderOptions, mrz_lines: Sequence[str], can: str | None, at: datetime, wishes: Wishes
) -> NoReturn:
    """Read one chip and judge it.

    Raises:
        typer.Exit: always; 0 good, 1 read or refused and not all good, 2 usage, 3 no chip within reach.
    """
    rules = read_policy(wishes.policy)
    reader = _opened(spec, options, at, wishes.as_json)
    _require_room(reader, wishes)
    store = _store(reader, wishes, at)
    lines = mrz_lines or (() if reader.specimen is None or can is not None else reader.specimen.lines)
    printed = read_mrz(lines, at)
    secret = _password(printed, can)
    if wishes.record is None:
        read = _read(reader.name, reader.card, secret, secrets.token_bytes, at, wishes.as_json)
    else:
        recorder = Recorder(reader.card, secrets.token_bytes)
        read = _read(reader.name, recorder, secret, recorder.octets, at, wishes.as_json)
        known = {"can": can} if can is not None else {"lines": "\n".join(lines)}
        write_new(wishes.record, recorder.to_json(reader.name, at, known, read.evidence.digests()).encode())
    if wishes.dump is not None:
        write_dump(wishes.dump, read.evidence)
    report = inspect(read.evidence, printed, store, at, provenance=read.provenance)
    verdict = judge(report, rules)
    if wishes.as_json:
        members = {**verdict.to_json(), **report.to_json(), "report_sha256": report.sha256}
        print_json({"reader": reader.name, "session": session(read), **members})
    else:
        show(reader.name, report, verdict)
        console().print(words_of(read))
        console().print(LOCAL_NOTICE)
    finish([ExitCode.GOOD if is_good(verdict, wishes.require) else ExitCode.NOT_ALL_GOOD])


def session(read: ReadChip) -> dict[str, object]:
    """What the reading took, and what went over the line beside files."""
    live, took = read.provenance.live, read.progress
    proof = None if live is None or live.chip_authentication is None else live.chip_authentication.proved
    return {
        "access": None if live is None else live.access,
        "chip_authentication": proof,
        "active_authentication_answered": read.evidence.active_authentication is not None,
        "connections": took.connections,
        "round_trips": took.round_trips,
        "commands": took.commands,
        "octets": took.octets,
        "files": len(read.evidence.files),
        "seconds": round(read.seconds, 3),
    }


def words_of(read: ReadChip) -> str:
    """The same in one line."""
    found = session(read)
    proofs = [found["access"]]
    if found["chip_authentication"] is not None:
        proofs.append("Chip Authentication" if found["chip_authentication"] else "Chip Authentication FAILED")
    if found["active_authentication_answered"]:
        # whether the answer is right, the report says
        proofs.append("Active Authentication answered")
    connections = "" if read.progress.connections == 1 else f"{found['connections']} connections, "
    return (
        f"{', '.join(map(str, proofs))}: {found['files']} files, {connections}{found['round_trips']} round trips, "
        f"{found['commands']} commands, {found['octets']} octets, {read.seconds:.1f} s"
    )


def _opened(spec: str, options: ReaderOptions, at: datetime, as_json: bool) -> Reader:
    try:
        return open_reader(spec, options, at)
    except NoCardError as error:
        _ended(spec.partition(":")[0], "no_card", None, str(error), as_json)


def _require_room(reader: Reader, wishes: Wishes) -> None:
    """What is to be left behind may be, and has its place."""
    if wishes.record is not None:
        if reader.specimen is None:
            refuse("--record keeps the keys of a session: specimen chips alone")
        require_new(wishes.record)
    if wishes.dump is not None:
        require_new(wishes.dump)
        if reader.specimen is None:
            warn_of_dump()


def _store(reader: Reader, wishes: Wishes, at: datetime) -> TrustStore:
    """What the operator names; for a specimen chip, where nothing is named, its own state."""
    realm = reader.realm if wishes.realm is None else Realm(wishes.realm)
    if reader.specimen is not None and not wishes.trust and realm is Realm.SPECIMEN:
        return reader.specimen.trust
    return read_trust(wishes.trust, realm, at)


def _password(printed: MrzEvidence | None, can: str | None) -> Password:
    if can is not None:
        try:
            return password.from_can(can)
        except MalformedError:
            refuse("--can has six digits")
    if printed is None:
        refuse("the chip opens with the lines of the page (--mrz) or the number printed on a card (--can)")
    return password.from_mrz(printed.document)


def _read(name: str, card: Card, secret: Password, randomness: Randomness, at: datetime, as_json: bool) -> ReadChip:
    try:
        with bar() as shown:
            return read_here(card, secret, randomness, at, shown.passed)
    except NoCardError as error:
        return _ended(name, "no_card", None, str(error), as_json)
    except ReadingError as error:
        code = "access_denied" if isinstance(error, AccessError) else error.code
        return _ended(name, code, error.sw, _words(error), as_json)
    finally:
        card.close()


def _ended(name: str, code: str, sw: int | None, words: str, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"reader": name, "error": code, "sw": None if sw is None else f"{sw:04X}"})
    else:
        complain(words)
    finish([ExitCode.UNREACHABLE if code in _GONE else ExitCode.NOT_ALL_GOOD])


def _words(error: ReadingError) -> str:
    answered = "" if error.sw is None else f" (status word {error.sw:04X})"
    if isinstance(error, AccessError):
        return f"access_denied: the chip does not open with this{answered}; compare every character with the page"
    return f"{error.code}: {_WORDS.get(error.code, 'the chip left the protocol')}{answered}"

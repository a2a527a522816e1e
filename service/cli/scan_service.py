"""`passkoll scan` as a phone: sign in, open a verification, send the page, and carry the chip's answers."""

from __future__ import annotations

import re
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx2

from service.cli.output import (
    BAD_MARK,
    GOOD_MARK,
    ExitCode,
    complain,
    console,
    finish,
    marked,
    print_json,
    refuse,
    shown_path,
)
from service.cli.scan_progress import bar
from service.cli.scan_reader import Reader, ReaderOptions, open_reader
from service.client.cards import NoCardError
from service.client.dpop import DpopSession, TokenRefusedError, TokenUnreachableError
from service.client.live import LiveEnd, LiveError, UnreachableError, carry, open_line
from service.client.phone import NO_PHONE, PhoneError, PhoneUnreachableError, SoftwarePhone
from service.domain.qr import NoQrTextError, QrKind, read_qr

#: Octets of a text from standard input.
_MAX_TEXT: Final = 4096
#: A photo that a service takes is smaller (API.md section 5).
_MAX_PHOTO: Final = 32 * 1024 * 1024
_VERIFICATION: Final = re.compile(r"vs_[A-Z2-7]{26}")
_KIND: Final = "reserve_card_no_pnr"
_ACCEPTED: Final = "accepted"
_CHECKED: Final = "checked"
_STOP: Final = "stop"
#: Then it is the chip that is not within reach.
_GONE: Final = "tag_lost"
_VERDICT: Final = ("outcome", "authenticity", "chip_genuine", "document_valid", "mrz_matches_chip")

Texts = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Errand:
    """Whose phone reads for which service, for whom, and how.

    `verification`: one that is open already, whose page is sent again if it is given again; without it one is opened,
    for `order`.
    """

    phone: Path
    url: str | None = None
    pairing: str | None = field(default=None, repr=False)
    sign_in: str | None = field(default=None, repr=False)
    verification: str | None = None
    order: str | None = None
    photos: Sequence[Path] = ()
    lines: Sequence[str] = field(default=(), repr=False)
    can: str | None = field(default=None, repr=False)
    post: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class _Page:
    """What the phone shows of the page: photos as parts of a form, lines, and the number of a card."""

    photos: Sequence[Any]
    lines: Sequence[str]
    can: str | None


def enrol(errand: Errand, text: str) -> NoReturn:
    """Make the phone: enrol with the text of an invitation, and keep its key in the file.

    Raises:
        typer.Exit: always.
    """
    if errand.phone.exists():
        refuse(f"{shown_path(errand.phone)} is there already")
    with _told(errand.as_json):
        invitation = _text(text)
        _require_service(_origin(invitation), errand.url)
        phone = SoftwarePhone.enrol(invitation)
        try:
            phone.save(errand.phone)
        except OSError as error:
            refuse(f"{shown_path(errand.phone)}: {error.strerror}")
    if errand.as_json:
        print_json({"device": phone.id, "fingerprint": phone.fingerprint})
    else:
        console().print(f"{phone.id}\nfingerprint: {phone.fingerprint}\nA second person confirms it at the console.")
    finish([ExitCode.GOOD])


def run(spec: str, options: ReaderOptions, at: datetime | None, errand: Errand) -> NoReturn:
    """Read one chip for the service of the phone; a specimen chip is made for the time `at`, or that of the service.

    Raises:
        typer.Exit: always; 0 read, and people may review it, 1 not so, 2 usage, 3 no service or chip there.
    """
    if errand.verification is not None and _VERIFICATION.fullmatch(errand.verification) is None:
        refuse("--verification is vs_ and 26 characters")
    with _told(errand.as_json):
        phone = _phone(errand)
        reader = open_reader(spec, options, at or phone.now())
        page = _page(errand, reader)
        app = _signed_in(phone, errand)
        case = errand.verification or _opened(app, errand)
        _show_page(app, case, page, errand.as_json)
        try:
            with bar() as shown, open_line(app, f"/v1/verifications/{case}", post=errand.post) as line:
                end = carry(reader.card, line, shown.frame)
        finally:
            reader.card.close()
        if errand.as_json:
            print_json(_members(case, end))
        else:
            _tell(case, end, _asked(app, "GET", "/v1/catalogue?lang=en"))
    if end.answer is not None:
        finish([ExitCode.GOOD if _goes_on(end.answer) else ExitCode.NOT_ALL_GOOD])
    finish([ExitCode.UNREACHABLE if end.code == _GONE else ExitCode.NOT_ALL_GOOD])


def _phone(errand: Errand) -> SoftwarePhone:
    try:
        phone = SoftwarePhone.load(errand.phone)
    except PhoneError as error:
        if error.code != NO_PHONE:
            raise
        refuse(f"{shown_path(errand.phone)} is no phone; --enrol makes one")
    _require_service(phone.url, errand.url)
    return phone


def _origin(invitation: str) -> str:
    try:
        return read_qr(QrKind.ENROLMENT, invitation).origin
    except NoQrTextError:
        raise PhoneError("no_invitation") from None


def _require_service(of_phone: str, url: str | None) -> None:
    if url is not None and url.rstrip("/") != of_phone:
        refuse(f"the phone belongs to {of_phone}")


def _signed_in(phone: SoftwarePhone, errand: Errand) -> DpopSession:
    """Requests for whoever holds the phone."""
    if errand.sign_in is not None:
        return phone.sign_in(_text(errand.sign_in))
    if errand.pairing is None:
        refuse("who reads? give --pairing with the QR code of the console, or --sign-in")
    claimed = phone.claim(_text(errand.pairing))
    complain(f"the console asks whether the phone shows {claimed.number}")
    phone.wait_for(claimed)
    return phone.for_person(claimed.sign_in_code)


def _opened(app: DpopSession, errand: Errand) -> str:
    body = {"kind": _KIND} | ({} if errand.order is None else {"order_reference": errand.order})
    return str(_asked(app, "POST", "/v1/verifications", json=body)["id"])


def _page(errand: Errand, reader: Reader) -> _Page:
    """What is sent of the page. That of a specimen is known."""
    lines = errand.lines
    if not lines and not errand.photos and errand.verification is None:
        if reader.specimen is None:
            refuse("the page: give photos (--image), or its lines (--mrz)")
        lines = reader.specimen.lines
    return _Page([_part(photo) for photo in errand.photos], lines, errand.can)


def _part(photo: Path) -> Any:  # noqa: ANN401 as httpx2 takes files
    try:
        with photo.open("rb") as stream:
            return "image", ("image", stream.read(_MAX_PHOTO), _media_type(photo))
    except OSError as error:
        refuse(f"{shown_path(photo)} cannot be read: {error.strerror}")


def _show_page(app: DpopSession, case: str, page: _Page, as_json: bool) -> None:
    """Photos, and lines that a person vouches for; ends the command where the service accepts neither."""
    path, status, source, advice = f"/v1/verifications/{case}", _ACCEPTED, "typed", ""
    if page.photos:
        answer = _asked(app, "POST", f"{path}/mrz-image", files=page.photos)
        status, source, advice = answer["status"], "confirmed", " ".join(answer["advice"])
    if page.lines:
        can = {} if page.can is None else {"can": page.can}
        body = {"lines": list(page.lines), "source": source, **can}
        status = _asked(app, "POST", f"{path}/mrz", json=body)["status"]
    if status != _ACCEPTED:
        words = (
            f"{case}: the page is {status} {advice}".rstrip()
            + "; compare it with its lines, and give them with --mrz"
        )
        _ended(status, words, ExitCode.NOT_ALL_GOOD, as_json, case)


def _media_type(photo: Path) -> str:
    """By the name: the service looks at the content."""
    ending = photo.suffix.casefold().removeprefix(".")
    return f"image/{'jpeg' if ending == 'jpg' else ending or 'jpeg'}"


def _members(case: str, end: LiveEnd) -> dict[str, object]:
    if end.answer is not None:
        return {"verification": case, **end.answer, "proposed_lines": list(end.proposed_lines)}
    next_try = None if end.next_try is None else end.next_try.value
    sw = None if end.sw is None else f"{end.sw:04X}"
    return {"verification": case, "error": end.code, "sw": sw, "next_try": next_try}


def _tell(case: str, end: LiveEnd, texts: Texts) -> None:
    """Words for the counter, those of the service: no name, no number, no date of the holder."""
    screen = console()
    if end.answer is None:
        answered = "" if end.sw is None else f" (status word {end.sw:04X})"
        complain(f"{case} was not read: {end.code}{answered}. {_sentences(texts, 'live', end.code)}".rstrip())
        complain(f"next: {end.next_try}. {_sentences(texts, 'next_tries', end.next_try)}".rstrip())
        return
    report, reason = end.answer["report"], end.answer["reason"]
    screen.print(marked(screen, end.answer["state"], GOOD_MARK if _goes_on(end.answer) else BAD_MARK), case)
    for name in _VERDICT:
        screen.print(f"  {name:<18}{report[name]}")
    counts = Counter(check["status"] for check in report["checks"])
    counted = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    screen.print(f"{counts.total()} checks: {counted}")
    for check in report["checks"]:
        if check["status"] == "FAILED":
            screen.print(marked(screen, "FAILED"), f"{check['id']} ({check['subject']}): {check['reason']}")
            screen.print(f"  {_sentences(texts, 'reasons', check['reason'])}")
    if end.proposed_lines:
        screen.print("The chip opened with other lines than were captured. Compare them with the page:")
        for line in end.proposed_lines:
            screen.print(line)
    if reason is not None:
        screen.print(f"reason: {reason}. {_sentences(texts, 'reasons', reason)}".rstrip())
    next_step = end.answer["next_step"]
    screen.print(f"next step: {next_step}. {_sentences(texts, 'next_steps', next_step)}".rstrip())


def _goes_on(answer: Mapping[str, Any]) -> bool:
    """Whether people may review it now. A chip without a proof may be read well, and is at its end all the same."""
    return bool(answer["state"] == _CHECKED and answer["next_step"] != _STOP)


def _sentences(texts: Texts, group: str, code: str | None) -> str:
    """What a code means, and what to do; nothing where the service has no words for it."""
    return " ".join(texts.get(group, {}).get(str(code), {}).get(part, "") for part in ("text", "do")).strip()


def _asked(app: DpopSession, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 JSON, and httpx2's
    """The JSON of a good answer."""
    response = app.request(method, path, headers={"Idempotency-Key": str(uuid.uuid4())}, **options)
    try:
        answer = response.json()
        if response.is_success:
            return answer
        code = str(answer["code"])
    except (ValueError, KeyError, TypeError):
        code = f"status {response.status_code}"
    raise LiveError(code)


@contextmanager
def _told(as_json: bool) -> Iterator[None]:
    """What stands in the way becomes words and an exit status."""
    try:
        yield
    except NoCardError as error:
        _ended("no_card", str(error), ExitCode.UNREACHABLE, as_json)
    except (UnreachableError, TokenUnreachableError, PhoneUnreachableError) as error:
        _ended(error.code, f"the service cannot be reached: {error.code}", ExitCode.UNREACHABLE, as_json)
    except httpx2.HTTPError as error:
        code = type(error).__name__
        _ended(code, f"the service cannot be reached: {code}", ExitCode.UNREACHABLE, as_json)
    except (LiveError, PhoneError, TokenRefusedError) as error:
        _ended(error.code, f"the service refuses: {error.code}", ExitCode.NOT_ALL_GOOD, as_json)


def _ended(code: str, words: str, status: ExitCode, as_json: bool, case: str | None = None) -> NoReturn:
    if as_json:
        print_json(({} if case is None else {"verification": case}) | {"error": code})
    else:
        complain(words)
    finish([status])


def _text(given: str) -> str:
    """A secret, from standard input where `-` says so: arguments are seen by everybody on the machine."""
    return (sys.stdin.read(_MAX_TEXT) if given == "-" else given).strip()

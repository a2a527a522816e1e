"""`passkoll scan` as a phone: sign in, open a verification, send the page, and carry the chip's answers."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx2

from service.cli.output import ExitCode, complain, console, finish, marked, print_json, refuse, shown_path
from service.cli.scan_progress import bar
from service.cli.scan_reader import Reader, ReaderOptions, open_reader
from service.client.cards import NoCardError
from service.client.dpop import DpopSession, TokenRefusedError
from service.client.live import LiveEnd, LiveError, UnreachableError, carry, open_line
from service.client.phone import PhoneError, SoftwarePhone

#: Octets of a text from standard input.
_MAX_TEXT: Final = 4096
#: A photo that a service takes is smaller (API.md section 5).
_MAX_PHOTO: Final = 32 * 1024 * 1024
_KIND: Final = "reserve_card_no_pnr"
_GOOD_STATE: Final = "checked"
#: Then it is the chip that is not within reach.
_GONE: Final = "tag_lost"
#: How the errors of the transport end that stand for a code where there is no answer.
_TRANSPORT: Final = ("Error", "Timeout", "InvalidURL")


@dataclass(frozen=True, slots=True)
class Errand:
    """Whose phone reads for which service, for whom, and how."""

    phone: Path
    url: str | None = None
    pairing: str | None = field(default=None, repr=False)
    sign_in: str | None = field(default=None, repr=False)
    order: str | None = None
    photos: Sequence[Path] = ()
    lines: Sequence[str] = field(default=(), repr=False)
    can: str | None = field(default=None, repr=False)
    post: bool = False
    as_json: bool = False


def enrol(errand: Errand, text: str) -> NoReturn:
    """Make the phone: enrol with the text of an invitation, and keep its key in the file.

    Raises:
        typer.Exit: always.
    """
    if errand.phone.exists():
        refuse(f"{shown_path(errand.phone)} is there already")
    with _told(errand.as_json):
        phone = SoftwarePhone.enrol(_text(text))
        _require_service(phone, errand.url)
        try:
            phone.save(errand.phone)
        except OSError as error:
            refuse(f"{shown_path(errand.phone)}: {error.strerror}")
    if errand.as_json:
        print_json({"device": phone.id, "fingerprint": phone.fingerprint})
    else:
        console().print(f"{phone.id}\nfingerprint: {phone.fingerprint}\nA second person confirms it at the console.")
    finish([ExitCode.GOOD])


def run(spec: str, options: ReaderOptions, at: datetime, errand: Errand) -> NoReturn:
    """Read one chip for the service of the phone.

    Raises:
        typer.Exit: always; 0 the chip was read and nothing refused, 1 not so, 2 usage, 3 no service or chip there.
    """
    with _told(errand.as_json):
        phone = _phone(errand)
        reader = open_reader(spec, options, at)
        app = _signed_in(phone, errand)
        case = _opened(app, errand)
        path = f"/v1/verifications/{case}"
        _show_page(app, path, errand, reader)
        try:
            with bar() as shown, open_line(app, path, post=errand.post) as line:
                end = carry(reader.card, line, shown.frame)
        finally:
            reader.card.close()
    if errand.as_json:
        print_json(_members(case, end))
    else:
        _tell(case, end)
    if end.answer is not None:
        finish([ExitCode.GOOD if end.answer["state"] == _GOOD_STATE else ExitCode.NOT_ALL_GOOD])
    finish([ExitCode.UNREACHABLE if end.code == _GONE else ExitCode.NOT_ALL_GOOD])


def _phone(errand: Errand) -> SoftwarePhone:
    phone = SoftwarePhone.load(errand.phone)
    _require_service(phone, errand.url)
    return phone


def _require_service(phone: SoftwarePhone, url: str | None) -> None:
    if url is not None and url.rstrip("/") != phone.url:
        refuse(f"the phone belongs to {phone.url}")


def _signed_in(phone: SoftwarePhone, errand: Errand) -> DpopSession:
    """Requests for whoever holds the phone."""
    if errand.sign_in is not None:
        return phone.for_person(_text(errand.sign_in))
    if errand.pairing is None:
        refuse("who reads? give --pairing with the QR code of the console, or --sign-in")
    claimed = phone.claim(_text(errand.pairing))
    complain(f"the console asks whether the phone shows {claimed.number}")
    phone.wait_for(claimed)
    return phone.for_person(claimed.sign_in_code)


def _opened(app: DpopSession, errand: Errand) -> str:
    body = {"kind": _KIND} | ({} if errand.order is None else {"order_reference": errand.order})
    return str(_asked(app, "/v1/verifications", json=body)["id"])


def _show_page(app: DpopSession, path: str, errand: Errand, reader: Reader) -> None:
    """Photos, and lines that a person vouches for; the page of a specimen is known."""
    lines = [part for text in errand.lines for part in text.replace("\\n", "\n").splitlines() if part]
    if not lines and not errand.photos:
        if reader.specimen is None:
            refuse("the page: give photos (--image), or its lines (--mrz)")
        lines = list(reader.specimen.lines)
    status, source, advice = "", "typed", ""
    if errand.photos:
        answer = _photographed(app, path, errand.photos)
        status, source, advice = answer["status"], "confirmed", ", ".join(answer["advice"])
    if lines:
        can = {} if errand.can is None else {"can": errand.can}
        status = _asked(app, f"{path}/mrz", json={"lines": lines, "source": source, **can})["status"]
    if status != "accepted":
        complain(f"the page: {status} {advice}".rstrip() + "; compare it with its lines and give them with --mrz")
        finish([ExitCode.NOT_ALL_GOOD])


def _photographed(app: DpopSession, path: str, photos: Sequence[Path]) -> Any:  # noqa: ANN401 JSON
    parts = []
    for photo in photos:
        try:
            with photo.open("rb") as stream:
                parts.append(("image", ("image", stream.read(_MAX_PHOTO), _media_type(photo))))
        except OSError as error:
            refuse(f"{shown_path(photo)} cannot be read: {error.strerror}")
    return _asked(app, f"{path}/mrz-image", files=parts)


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


def _tell(case: str, end: LiveEnd) -> None:
    """Words for the counter: no name, no number, no date of the holder."""
    screen = console()
    if end.answer is None:
        answered = "" if end.sw is None else f" (status word {end.sw:04X})"
        complain(f"{case}: not read: {end.code}{answered}; next: {end.next_try}")
        return
    report, good = end.answer["report"], end.answer["state"] == _GOOD_STATE
    screen.print(marked(screen, end.answer["state"], "PASSED" if good else "FAILED"), case)
    screen.print(f"next step: {end.answer['next_step']}")
    for name in ("outcome", "authenticity", "chip_genuine", "document_valid", "mrz_matches_chip"):
        screen.print(f"  {name:<18}{report[name]}")
    counts = Counter(check["status"] for check in report["checks"])
    screen.print(
        f"{counts.total()} checks: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    )
    for check in report["checks"]:
        if check["status"] == "FAILED":
            screen.print(marked(screen, "FAILED"), f"{check['id']} ({check['subject']}): {check['reason']}")
    if end.proposed_lines:
        screen.print("The chip opened with other lines than were captured. Compare them with the page:")
        for line in end.proposed_lines:
            screen.print(line)


def _asked(app: DpopSession, path: str, **options: Any) -> Any:  # noqa: ANN401 JSON, and what httpx2 takes
    """The JSON of a good answer."""
    response = app.request("POST", path, headers={"Idempotency-Key": str(uuid.uuid4())}, **options)
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
    except httpx2.HTTPError as error:
        _ended(type(error).__name__, "the service cannot be reached", ExitCode.UNREACHABLE, as_json)
    except (LiveError, PhoneError, TokenRefusedError) as error:
        gone = isinstance(error, UnreachableError) or error.code.endswith(_TRANSPORT)
        status = ExitCode.UNREACHABLE if gone else ExitCode.NOT_ALL_GOOD
        _ended(error.code, f"the service {'cannot be reached' if gone else 'refuses'}", status, as_json)


def _ended(code: str, words: str, status: ExitCode, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": code})
    else:
        complain(words if code == "no_card" else f"{words}: {code}")
    finish([status])


def _text(given: str) -> str:
    """A secret, from standard input where `-` says so: arguments are seen by everybody on the machine."""
    return (sys.stdin.read(_MAX_TEXT) if given == "-" else given).strip()

"""Who it takes to try a service of specimens: two administrators, a phone, a portal and a harness.

The demo and the replay muster them on the machine of the service, over its database, as an operator would with
`passkoll admin`, `device` and `client`. Everybody signs in, enrols and asks for tokens as in life; what is not life
is that a program holds all the keys (SECURITY.md 4.5).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from mrtd.pki.realm import Realm
from service import wiring
from service.client.clock import NoClockError, ServiceClock
from service.client.console import ConsoleError, ConsoleSession
from service.client.dpop import DpopSession, SigningKey, TokenEndpoint
from service.client.phone import PhoneError, SoftwarePhone
from service.domain.account_rules import Acting
from service.domain.clients import ClientError, ClientKind
from service.domain.errors import ServiceError
from service.domain.identity import Role
from service.settings import Settings
from service.usecases.invite_person import Written
from service.wiring.clients import ClientAdministration, administer_clients

ACTOR: Final = "crew"
PORTAL_AUDIENCE: Final = "https://portal.specimen.invalid"
HARNESS_AUDIENCE: Final = "https://harness.specimen.invalid"
#: Given name, family name, birth date, and a personal number that is nobody's (ends in the test serial 238).
_ADMINISTRATORS: Final = (
    ("Asta", "Specimen", "1980-01-01", "198001012387"),
    ("Birger", "Specimen", "1981-02-02", "198102022384"),
)
_VOUCHERS: Final = (
    ("Cilla", "Specimen", "1982-03-03", "198203032381"),
    ("David", "Specimen", "1983-04-04", "198304042388"),
)
_ADMINISTRATOR_ROLES: Final = frozenset({Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER})
_VOUCHER_ROLES: Final = frozenset({Role.SYSTEM_ADMINISTRATOR})


class CrewError(Exception):
    """The service does not let a crew work; the text says why."""


class CrewUnreachableError(CrewError):
    """Nothing answers there, or nothing that is the service."""


@dataclass(frozen=True)
class Administrator:
    """One of the two, at a console."""

    console: ConsoleSession
    _link: Callable[[], str] = field(repr=False)

    def step_up(self, decision_hash: str) -> None:
        """Prove anew who it is, for one decision.

        Raises:
            ConsoleError: the service refuses.
        """
        self.console.step_up(self._link(), decision_hash)


@dataclass(frozen=True)
class Crew:
    """Everybody, ready: `app` is the first administrator on the phone."""

    first: Administrator
    second: Administrator
    phone: SoftwarePhone
    app: DpopSession
    portal: DpopSession
    harness: DpopSession


@contextmanager
def muster(settings: Settings, url: str, *, say: Callable[[str], None] | None = None) -> Iterator[Crew]:
    """Make accounts, keys and clients for the service at `url`, over the database of its settings.

    Args:
        settings: of the service, or of an operator on its machine.
        url: where it listens.
        say: where the phone says that its key is software; standard error by default.

    Raises:
        CrewError: the service does not take part.
        ConfigurationError: the database cannot be used.
    """
    if settings.realm is not Realm.SPECIMEN:
        raise CrewError("programs play people in the specimen realm alone")
    with _told(), ExitStack() as opening:
        clock = ServiceClock.of(url)
        staff = opening.enter_context(wiring.administer_staff(settings, clock=clock))
        clients = opening.enter_context(administer_clients(settings, clock=clock))
        crew = _Muster(staff, clients, url, clock.seconds, say).crew()
        for session in (crew.first.console, crew.second.console, crew.app, crew.portal, crew.harness):
            opening.enter_context(session)
        opened = opening.pop_all()
    with opened:
        yield crew


def sign_in_links(settings: Settings, url: str) -> tuple[str, str]:
    """One-time links of the two administrators of the last crew, the first one first.

    Raises:
        CrewError: the service does not take part, or no crew was mustered.
        ConfigurationError: the database cannot be used.
    """
    with _told(), wiring.administer_staff(settings, clock=ServiceClock.of(url)) as staff:
        acting = Acting(ACTOR, staff.organisation)
        everybody = sorted(staff.change.everybody(acting), key=lambda person: person.created_at)
        named = [[one.id for one in everybody if one.names == who[:2]] for who in _ADMINISTRATORS]
        if not all(named):
            raise CrewError("no crew was mustered here")
        first, second = (staff.link(acting, ids[-1]).code for ids in named)
        return first, second


@contextmanager
def _told() -> Iterator[None]:
    """What stands in the way, in one sentence."""
    try:
        yield
    except (ConsoleError, PhoneError) as error:
        raise CrewError(f"the service refuses: {error.code}") from None
    except ServiceError as error:
        raise CrewError(f"the service refuses: {error.code.value}") from None
    except ClientError as error:
        raise CrewError(f"the service refuses: {error}") from None
    except NoClockError as error:
        raise CrewUnreachableError(error.code) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CrewUnreachableError(type(error).__name__) from None


@dataclass(frozen=True)
class _Muster:
    staff: wiring.StaffAdministration
    clients: ClientAdministration
    url: str
    clock: Callable[[], float]
    say: Callable[[str], None] | None

    def crew(self) -> Crew:
        """Everybody, in the order in which a place would begin."""
        written = [_written(who) for who in _ADMINISTRATORS]
        people = [self._invited(one, _ADMINISTRATOR_ROLES) for one in written]
        for who in _VOUCHERS:
            voucher = self._invited(_written(who), _VOUCHER_ROLES)
            with ConsoleSession.sign_in(self.url, self._link(voucher)):
                for person, seen in zip(people, written, strict=True):
                    self.staff.vouch(Acting(voucher, self.staff.organisation), person, seen)
        first, second = (self._administrator(person) for person in people)
        phone = self._phone(first.console, second.console)
        return Crew(
            first,
            second,
            phone,
            self._paired(phone, first.console),
            self._client(ClientKind.PORTAL, PORTAL_AUDIENCE, phone),
            self._client(ClientKind.HARNESS, HARNESS_AUDIENCE, phone),
        )

    def _invited(self, written: Written, roles: frozenset[Role]) -> str:
        operator = Acting(ACTOR, self.staff.organisation)
        return self.staff.invite(operator, written, roles).person.id

    def _link(self, person: str) -> str:
        return self.staff.link(Acting(ACTOR, self.staff.organisation), person).code

    def _administrator(self, person: str) -> Administrator:
        return Administrator(ConsoleSession.sign_in(self.url, self._link(person)), lambda: self._link(person))

    def _phone(self, first: ConsoleSession, second: ConsoleSession) -> SoftwarePhone:
        """The first administrator enrols a phone, the second one confirms what its screen shows."""
        invited = _answered(first, "POST", "/v1/devices/invitations")
        options: dict[str, Any] = {"clock": self.clock} | ({} if self.say is None else {"say": self.say})
        phone = SoftwarePhone.enrol(invited["qr"], **options)
        _answered(second, "POST", f"/v1/devices/{phone.id}/confirm", {"fingerprint": phone.fingerprint})
        return phone

    def _paired(self, phone: SoftwarePhone, console: ConsoleSession) -> DpopSession:
        """The administrator at the console signs in on the phone: code, number, confirmation."""
        opened = _answered(console, "POST", "/v1/pairings")
        claimed = phone.claim(opened["qr"])
        shown = _answered(console, "GET", f"/v1/pairings/{opened['id']}")
        if shown["number"] != claimed.number:
            raise PhoneError("numbers_differ")
        _answered(console, "POST", f"/v1/pairings/{opened['id']}/confirm")
        return phone.for_person(claimed.sign_in_code)

    def _client(self, kind: ClientKind, audience: str, phone: SoftwarePhone) -> DpopSession:
        private, public = self.clients.generate()
        added = self.clients.clients.add(ACTOR, kind, f"crew {kind.value}", f"{audience}/{_own()}", (), public)
        key = SigningKey.load(private)
        tokens = TokenEndpoint(phone.url, added.id, key, audience=phone.audience, clock=self.clock)
        return DpopSession(phone.url, key, tokens.client_credentials, clock=self.clock)


def _written(who: tuple[str, ...]) -> Written:
    """An account of its own for each crew, so that one may come after another."""
    given, family, born, number = who
    return Written((given, family), born, f"SE2321000016-{_own()}", number)


def _own() -> str:
    return secrets.token_hex(6).upper()


def _answered(console: ConsoleSession, method: str, path: str, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401 JSON
    """The JSON of an answer that is good.

    Raises:
        ConsoleError: it is not.
    """
    response = console.request(method, path, **({} if body is None else {"json": body}))
    if not response.is_success:
        raise ConsoleError(str(response.json().get("code", response.status_code)))
    return response.json()

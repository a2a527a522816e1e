"""`passkoll admin`: people who work with Passkoll, from the first administrator on."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from service.cli.admin_output import print_invited, print_person
from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.domain.identifiers import hsa_id, personal_number
from service.domain.identity import Role

if TYPE_CHECKING:
    from service.domain.account_rules import Acting
    from service.usecases.invite_person import Written
    from service.wiring import StaffAdministration

commands = typer.Typer(no_args_is_help=True, help="People: invitations, roles, locks, and who vouches for whom.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON",
        help="Who you are: pe_ and 26 characters of an active system administrator; a name while there is none.",
    ),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of the person: pe_ and 26 characters.")]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="'Åsa Ek', or 'von Ek, Åsa' for longer names.")]
HsaId = Annotated[str | None, typer.Option("--hsa-id", metavar="ID", help="Who they are at the identity provider.")]
Born = Annotated[str | None, typer.Option("--born", metavar="DATE", help="Birth date, as 1985-07-09.")]
AskNumber = Annotated[
    bool, typer.Option("--personal-number", help="Ask for the personal identity number; it is no argument.")
]
Roles = Annotated[list[Role] | None, typer.Option("--role", help="Repeatable.")]
Areas = Annotated[
    list[str] | None, typer.Option("--area", metavar="AREA", help="Issuing area; without it all. Repeatable.")
]
Organisation = Annotated[
    str | None, typer.Option("--organisation", metavar="NAME", help="Without it that of the settings.")
]
_MAX_ACTOR: Final = 128


@commands.command()
def invite(
    name: Name,
    who: Who,
    role: Roles = None,
    area: Areas = None,
    hsa: HsaId = None,
    born: Born = None,
    ask_number: AskNumber = False,
    organisation: Organisation = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Make an account. Prints the code that makes it theirs: once, good for 24 hours."""
    with _administration(data) as staff:
        acting, written = _acting(staff, who, organisation), _written(name, born, hsa, ask_number=ask_number)
        areas = None if area is None else frozenset(area)
        print_invited(staff.invite(acting, written, frozenset(role or ()), areas), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command("list")
def list_command(organisation: Organisation = None, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show every account."""
    from service.domain.account_rules import Acting

    with _administration(data) as staff:
        for person in staff.change.everybody(Acting("", organisation or staff.organisation)):
            print_person(person, as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def reset(
    person: Id, who: Who, organisation: Organisation = None, data: Data = None, as_json: AsJson = False
) -> NoReturn:
    """Take away what somebody signs in with, end their sessions, and print a new invitation."""
    with _administration(data) as staff:
        print_invited(staff.invite.reset(_acting(staff, who, organisation), person), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def roles(
    person: Id,
    who: Who,
    role: Roles = None,
    area: Areas = None,
    organisation: Organisation = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Set all roles and areas of somebody else."""
    with _administration(data) as staff:
        areas = None if area is None else frozenset(area)
        acting = _acting(staff, who, organisation)
        print_person(staff.change.roles(acting, person, frozenset(role or ()), areas), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def identify(
    person: Id,
    name: Name,
    who: Who,
    hsa: HsaId = None,
    born: Born = None,
    ask_number: AskNumber = False,
    organisation: Organisation = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Write down anew who somebody is. What others vouched for is forgotten."""
    with _administration(data) as staff:
        acting, written = _acting(staff, who, organisation), _written(name, born, hsa, ask_number=ask_number)
        print_person(staff.change.particulars(acting, person, written), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def vouch(
    person: Id,
    who: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are: pe_ and 26 characters.")],
    hsa: HsaId = None,
    ask_number: AskNumber = False,
    organisation: Organisation = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Stand for the identifiers of somebody else, which you read on their identity document."""
    from service.domain.account_rules import Acting
    from service.usecases.invite_person import Written

    with _administration(data) as staff:
        written = Written(("", ""), None, _hsa_id(hsa), _number() if ask_number else None)
        acting = Acting(_actor(who), organisation or staff.organisation)
        print_person(staff.vouch(acting, person, written), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def lock(
    person: Id, who: Who, organisation: Organisation = None, data: Data = None, as_json: AsJson = False
) -> NoReturn:
    """Let somebody do nothing any more, at once."""
    with _administration(data) as staff:
        print_person(staff.change.lock(_acting(staff, who, organisation), person), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command()
def unlock(
    person: Id, who: Who, organisation: Organisation = None, data: Data = None, as_json: AsJson = False
) -> NoReturn:
    """Let somebody sign in again."""
    with _administration(data) as staff:
        print_person(staff.change.unlock(_acting(staff, who, organisation), person), as_json=as_json)
        finish([ExitCode.GOOD])


@commands.command("sign-in-link")
def sign_in_link(
    person: Id, who: Who, organisation: Organisation = None, data: Data = None, as_json: AsJson = False
) -> NoReturn:
    """Print a code that signs somebody in once, within five minutes. Specimens on this machine only."""
    with _administration(data) as staff:
        link = staff.link(_acting(staff, who, organisation), person)
        if as_json:
            print_json({"person": person, "link": link.code, "expires_at": link.until.isoformat()})
        else:
            console().print(f"link: {link.code}\nuntil {link.until.isoformat()}")
        finish([ExitCode.GOOD])


@contextmanager
def _administration(data: Path | None) -> Iterator[StaffAdministration]:
    """The use cases over the database of these settings; their errors become words and an exit status."""
    from pydantic import ValidationError

    from service.domain.errors import ConfigurationError, ServiceError
    from service.settings import Settings
    from service.wiring import administer_staff

    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with administer_staff(settings) as staff:
            yield staff
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except ServiceError as error:
        complain(_WORDS.get(error.code.value, error.code.value))
        raise typer.Exit(ExitCode.NOT_ALL_GOOD) from None
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")


#: By `ProblemCode`.
_WORDS: Final = {
    "not_found": "not_found: `passkoll admin list` shows the people of the organisation",
    "forbidden": "forbidden: not with these roles, or not in this installation",
    "own_account": "own_account: nobody changes their own account; another administrator does",
    "last_administrator": "last_administrator: give another active person the role system_administrator first",
    "identifiers_differ": "identifiers_differ: the account says something else than what you read",
    "already_recorded": "already_recorded: you vouched for this person before",
    "second_account": "second_account: two of these accounts are of one person",
    "already_in_use": "already_in_use: another account has this HSA-id",
    "wrong_state": "wrong_state: see the status in `passkoll admin list`",
}


def _acting(staff: StaffAdministration, written: str, organisation: str | None) -> Acting:
    """Whoever types: one of the system administrators, or any operator while there is none."""
    from service.domain.account_rules import Acting, is_administrator

    where = organisation or staff.organisation
    actor = _actor(written)
    known = staff.change.everybody(Acting("", where))
    administrators = {person.id for person in known if is_administrator(person)}
    if administrators and actor not in administrators:
        refuse("--as names an active system administrator of the organisation (`passkoll admin list`)")
    return Acting(actor, where)


def _actor(written: str) -> str:
    actor = written.strip()
    if not actor or len(actor) > _MAX_ACTOR or not actor.isprintable():
        refuse("--as names who you are, in at most 128 characters")
    return actor


def _written(name: str, born: str | None, hsa: str | None, *, ask_number: bool) -> Written:
    from datetime import date

    from service.usecases.invite_person import Written

    family, comma, given = name.partition(",")
    if not comma:
        given, _, family = name.strip().rpartition(" ")
    names = given.strip(), family.strip()
    if not all(names) or not name.isprintable():
        refuse("--name holds a given name and a family name")
    try:
        day = None if born is None else date.fromisoformat(born).isoformat()
    except ValueError:
        refuse("--born is no date as 1985-07-09")
    return Written(names, day, _hsa_id(hsa), _number() if ask_number else None)


def _hsa_id(written: str | None) -> str | None:
    if written is None:
        return None
    found = hsa_id(written)
    if found is None:
        refuse("--hsa-id is no HSA-id, as SE2321000016-1003")
    return found


def _number() -> str:
    """Asked for, so that it is in no history of a shell and in no list of processes."""
    asked = getpass("personal identity number: ") if sys.stdin.isatty() else sys.stdin.readline()
    found = personal_number(asked.strip())
    if found is None:
        refuse("this is no personal identity number of twelve digits")
    return found

"""`passkoll webhooks`: where events go, what did not arrive, and trying it."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.domain.events import EventType
from service.domain.jobs import DeadJob

if TYPE_CHECKING:
    from service.domain.webhooks import Endpoint
    from service.usecases.manage_webhooks import ManageWebhooks

commands = typer.Typer(no_args_is_help=True, help="Where events go: the endpoints of portals.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of the endpoint: we_ and 32 digits.")]


@commands.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="https, a public address; see docs/webhooks.md.")],
    who: Who,
    event: Annotated[
        list[EventType] | None, typer.Option(help="Only events of this type; by default all. Repeatable.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Send events to a portal from now on. Prints the secret that it verifies them by, this once."""
    with _administration(data) as webhooks:
        endpoint, secret = webhooks.add(_actor(who), url, event or ())
        if as_json:
            print_json({**_endpoint_json(endpoint), "secret": secret})
        else:
            console().print(f"{endpoint.id}\nsecret: {secret}")
        finish([ExitCode.GOOD])


@commands.command("list")
def list_command(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show every endpoint."""
    with _administration(data) as webhooks:
        for endpoint in webhooks.all():
            if as_json:
                print_json(_endpoint_json(endpoint))
            else:
                types = ", ".join(sorted(endpoint.types)) or "all events"
                state = "" if endpoint.enabled else "  DISABLED: it answered 410, see `webhooks enable`"
                console().print(f"{endpoint.id}  {endpoint.url}  {types}{state}")
        finish([ExitCode.GOOD])


@commands.command()
def remove(endpoint: Id, who: Who, data: Data = None) -> NoReturn:
    """Send nothing there any more; what waits for it is deleted."""
    with _administration(data) as webhooks:
        webhooks.remove(_actor(who), endpoint)
        finish([ExitCode.GOOD])


@commands.command()
def enable(endpoint: Id, who: Who, data: Data = None) -> NoReturn:
    """Send events there again, after it answered 410 Gone."""
    with _administration(data) as webhooks:
        webhooks.enable(_actor(who), endpoint)
        finish([ExitCode.GOOD])


@commands.command("renew-secret")
def renew_secret(endpoint: Id, who: Who, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Make a new secret and print it, this once. The one before stays valid beside it until the next renewal."""
    with _administration(data) as webhooks:
        secret = webhooks.renew_secret(_actor(who), endpoint)
        if as_json:
            print_json({"id": endpoint, "secret": secret})
        else:
            console().print(f"secret: {secret}")
        finish([ExitCode.GOOD])


@commands.command("test")
def send_test(endpoint: Id, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Send a message of the type webhook.test now, and say whether it arrived."""
    with _administration(data) as webhooks:
        problem = webhooks.test(endpoint)
        if as_json:
            print_json({"id": endpoint, "delivered": problem is None, "problem": problem})
        else:
            console().print("delivered" if problem is None else f"not delivered: {problem}")
        finish([ExitCode.GOOD if problem is None else ExitCode.UNREACHABLE])


@commands.command()
def dead(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show what was given up: the dead letters. Exit status 1 if there are any."""
    with _administration(data) as webhooks:
        letters = webhooks.dead()
        for letter in letters:
            if as_json:
                print_json(_letter_json(letter))
            else:
                console().print(
                    f"{letter.id}  {letter.data.get('event')} to {letter.subject}: {letter.problem}, "
                    f"{letter.attempts} attempts, given up {letter.at.isoformat()}"
                )
        finish([ExitCode.NOT_ALL_GOOD if letters else ExitCode.GOOD])


@commands.command()
def retry(
    letters: Annotated[list[int] | None, typer.Argument(metavar="NUMBER...", help="As `dead` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Deliver dead letters again, for another 24 hours."""
    if bool(letters) == everything:
        refuse("name the numbers of dead letters, or --all")
    with _administration(data) as webhooks:
        count = webhooks.retry(letters or None)
        if as_json:
            print_json({"retried": count})
        else:
            console().print(f"{count} dead letters wait again")
        finish([ExitCode.GOOD])


@contextmanager
def _administration(data: Path | None) -> Iterator[ManageWebhooks]:
    """The use cases over the database of these settings; their errors become words and an exit status."""
    from pydantic import ValidationError

    from service.domain.errors import ConfigurationError
    from service.domain.webhooks import WebhookError
    from service.settings import Settings
    from service.wiring import administer_webhooks

    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with administer_webhooks(settings) as webhooks:
            yield webhooks
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except WebhookError as error:
        complain(_WORDS[error.code])
        raise typer.Exit(ExitCode.UNREADABLE) from None
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")


#: By `WebhookProblem`, whose module this one does not load.
_WORDS = {
    "url_refused": "url_refused: https://NAME[:PORT]/PATH, without a user, a fragment or blanks",
    "unknown_endpoint": "unknown_endpoint: `passkoll webhooks list` shows them",
    "unknown_dead_letter": "unknown_dead_letter: `passkoll webhooks dead` shows them",
}


def _actor(written: str) -> str:
    actor = written.strip()
    if not actor or len(actor) > 128 or not actor.isprintable():
        refuse("--as names who you are, in at most 128 characters")
    return actor


def _endpoint_json(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "organisation": endpoint.organisation,
        "url": endpoint.url,
        "types": sorted(endpoint.types),
        "enabled": endpoint.enabled,
        "created_at": endpoint.created_at.isoformat(),
    }


def _letter_json(letter: DeadJob) -> dict[str, object]:
    return {
        "number": letter.id,
        "endpoint": letter.subject,
        "event": letter.data.get("event"),
        "problem": letter.problem,
        "attempts": letter.attempts,
        "wanted_at": letter.wanted_at.isoformat(),
        "given_up_at": letter.at.isoformat(),
    }

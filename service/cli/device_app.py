"""`passkoll device`: letting phones in and out."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse
from service.domain.devices import DeviceStatus

if TYPE_CHECKING:
    from service.domain.devices import Device
    from service.domain.errors import ServiceError
    from service.wiring.devices import DeviceAdministration

commands = typer.Typer(no_args_is_help=True, help="Phones: inviting, confirming and revoking them.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Who you are: pe_ and 26 characters, as `passkoll admin` shows.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Of the phone: de_ and 26 characters.")]


@commands.command()
def invite(
    who: Who,
    url: Annotated[
        str | None,
        typer.Option(metavar="ORIGIN", help="Where the phone reaches the service; by default its public origin."),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Show a QR code that one phone enrols with, within five minutes. Another person then confirms the phone."""
    from service.domain.qr import QrKind, qr_text

    with _administration(data) as devices:
        invited = devices.invite(devices.acting(who))
        text = qr_text(QrKind.ENROLMENT, url or devices.origin, invited.code, invited.challenge)
        if as_json:
            print_json({"qr": text, "expires_at": invited.expires_at.isoformat()})
        else:
            typer.echo(devices.qr.terminal(text))
            console().print(f"{text}\nuntil {invited.expires_at.isoformat()}, for one phone")
        finish([ExitCode.GOOD])


@commands.command("list")
def list_command(
    who: Who,
    status: Annotated[DeviceStatus | None, typer.Option(help="Only phones of this status.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Show the phones of your organisation, the newest first."""
    with _administration(data) as devices:
        for device in devices.list(devices.acting(who), status):
            _show(device, as_json)
        finish([ExitCode.GOOD])


@commands.command()
def confirm(
    device: Id,
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The eight groups that the phone shows, in one argument.")
    ],
    who: Who,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Let a phone in, as the second person beside the one who invited it."""
    with _administration(data) as devices:
        _show(devices.confirm(devices.acting(who), device, fingerprint), as_json)
        finish([ExitCode.GOOD])


@commands.command()
def revoke(device: Id, who: Who, data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Put a phone out, at once and for ever."""
    with _administration(data) as devices:
        _show(devices.revoke(devices.acting(who), device), as_json)
        finish([ExitCode.GOOD])


def _show(device: Device, as_json: bool) -> None:
    attested = None if device.attested_at is None else device.attested_at.isoformat()
    if as_json:
        print_json(
            {
                "id": device.id,
                "status": device.status.value,
                "platform": device.platform.value,
                "protection": device.protection.value,
                "model": device.model,
                "enrolled_by": device.enrolled_by,
                "enrolled_at": device.enrolled_at.isoformat(),
                "attested_at": attested,
                "confirmed_by": device.confirmed_by,
                "revoked_by": device.revoked_by,
            }
        )
        return
    kind = " ".join(filter(None, (device.platform.value, device.model, device.protection.value)))
    console().print(f"{device.id}  {device.status.value.upper()}  {kind}  enrolled {device.enrolled_at.isoformat()}")


@contextmanager
def _administration(data: Path | None) -> Iterator[DeviceAdministration]:
    """The use cases over the database of these settings; their errors become words and an exit status."""
    from pydantic import ValidationError

    from service.domain.errors import ConfigurationError, ServiceError
    from service.settings import Settings
    from service.wiring import administer_devices

    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with administer_devices(settings) as devices:
            yield devices
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except ServiceError as error:
        complain(_words(error))
        raise typer.Exit(ExitCode.NOT_ALL_GOOD) from None
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")


def _words(error: ServiceError) -> str:
    """The code, and the text that the console has for it."""
    from service.wiring import catalogue

    text = catalogue().texts("en")["problems"][error.code.value]["text"]
    state = "" if error.state is None else f" ({error.state})"
    return f"{error.code.value}{state}: {text}"

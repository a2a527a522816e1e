"""`passkoll backup` and `passkoll restore`."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse, shown_path

if TYPE_CHECKING:
    from service.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]


def add_to(app: typer.Typer) -> None:
    """Put both commands into the program."""
    app.command()(backup)
    app.command()(restore)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty; what is put there is sealed.")],
    who: Who,
    include_keys: Annotated[
        Path | None,
        typer.Option("--include-keys", metavar="FILE", help="A new file for the keys, to be kept elsewhere."),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Copy the database and the blobs while the service runs. Keys of pictures are never copied."""
    from service import wiring

    with _settings(data) as settings:
        manifest = wiring.back_up(settings, folder, who, keys_file=include_keys)
    if as_json:
        print_json({"made_at": manifest.made_at, "revision": manifest.revision, "blobs": len(manifest.blobs)})
    else:
        console().print(f"backup of {manifest.made_at} in {shown_path(folder)}: {len(manifest.blobs)} blobs")
        if include_keys is not None:
            console().print(f"keys in {shown_path(include_keys)}: keep it elsewhere, and destroy the one before")
    finish([ExitCode.GOOD])


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A backup.")],
    who: Who,
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FILE", help="The keys of --include-keys, where they are lost.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Give up the database that is there.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Put a backup back while the service does not run. What was erased since is erased again before it can start."""
    from service import wiring

    with _settings(data) as settings:
        restored = wiring.restore(settings, folder, who, keys_file=keys, replace_it=replace)
    if as_json:
        print_json(
            {
                "made_at": restored.manifest.made_at,
                "erased_again": restored.erased_again,
                "lost_epochs": list(restored.lost),
            }
        )
    else:
        console().print(f"restored from {restored.manifest.made_at}: {restored.erased_again} erasures made again")
        for epoch in restored.lost:
            console().print(f"  pictures of {epoch} have no key any more and count as erased")
    finish([ExitCode.GOOD])


@contextmanager
def _settings(data: Path | None) -> Iterator[Settings]:
    """The settings; every error of both commands becomes words and an exit status."""
    from pydantic import ValidationError

    from mrtd.errors import MrtdError
    from service.domain.backup import BackupError
    from service.domain.errors import ConfigurationError, ServiceError
    from service.settings import Settings

    try:
        yield Settings.model_validate({} if data is None else {"data_dir": data})
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except (ConfigurationError, MrtdError) as error:
        refuse(str(error))
    except BackupError as error:
        complain(str(error))
        finish([ExitCode.NOT_ALL_GOOD])
    except ServiceError as error:
        complain(error.code.value)
        finish([ExitCode.UNREACHABLE])
    except OSError as error:
        refuse(f"a file cannot be read or written: {error.strerror}")

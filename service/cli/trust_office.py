"""The administration of one database as commands use it: its errors become words and an exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer
from pydantic import ValidationError

from mrtd.errors import MrtdError
from mrtd.pki.administration import ProposalError
from service.cli.output import ExitCode, complain, print_json, refuse
from service.cli.trust_words import printable
from service.domain.errors import ConfigurationError
from service.domain.trust import TrustError, TrustProblem
from service.settings import Settings
from service.usecases.trust_fetching import FetchLists
from service.wiring import TrustAdministration, administer_trust

#: What is wrong with the command; everything else is an answer that is not good.
_USAGE: Final = frozenset(
    {
        TrustProblem.ACTOR_MISSING,
        TrustProblem.ACTOR_UNREADABLE,
        TrustProblem.REASON_TOO_LONG,
        TrustProblem.BAD_DIGEST,
        TrustProblem.UNKNOWN_STORE,
        TrustProblem.UNKNOWN_PUBLISHER,
        TrustProblem.STORE_DAMAGED,
        TrustProblem.OTHER_REALM,
    }
)


@contextmanager
def administration(data: Path | None, as_json: bool) -> Iterator[TrustAdministration]:
    """The use cases over the database of these settings; their errors become words and an exit status."""
    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        trust = administer_trust(settings)
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used: {error.strerror}")
    try:
        yield trust
    except TrustError as error:
        fail(error.code.value, error.detail, as_json=as_json)
        raise typer.Exit(ExitCode.UNREADABLE if error.code in _USAGE else ExitCode.NOT_ALL_GOOD) from None
    except ProposalError as error:
        fail(error.code, " ".join(part for part in (error.where, error.detail) if part), as_json=as_json)
        raise typer.Exit(ExitCode.NOT_ALL_GOOD) from None
    except MrtdError as error:
        fail(error.code, printable(error.where), as_json=as_json)
        raise typer.Exit(ExitCode.UNREADABLE) from None
    finally:
        trust.close()


@contextmanager
def fetching(trust: TrustAdministration) -> Iterator[FetchLists]:
    """The lists of publishers; a proxy of the environment that cannot be used ends the command."""
    try:
        with trust.fetching() as lists:
            yield lists
    except ConfigurationError as error:
        refuse(str(error))


def fail(code: str, detail: str = "", *, as_json: bool, publisher: str | None = None) -> None:
    """Say why, in both outputs; `publisher` where one of several is meant."""
    if as_json:
        print_json({**({} if publisher is None else {"publisher": publisher}), "error": code})
    complain(": ".join(part for part in (publisher, code, detail) if part))

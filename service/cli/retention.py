"""`passkoll retention show|set|run|records|freeze|unfreeze`."""

# ruff: noqa: PLC0415 - what a command does is loaded when it runs, as in service.cli.app

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from service.cli.output import ExitCode, complain, console, finish, print_json, refuse

if TYPE_CHECKING:
    from service.settings import Settings
    from service.wiring import RetentionAdministration

commands: Final = typer.Typer(no_args_is_help=True, help="How long what is kept of people is kept.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder of the database, as for serve.")]
Who = Annotated[str, typer.Option("--as", metavar="ACTOR", help="Who you are: kept in the audit.")]
Case = Annotated[str, typer.Argument(metavar="VERIFICATION_ID", help="As it begins: vs_...")]

_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_PERIOD: Final = re.compile(r"([1-9][0-9]{0,5})([hd])")


class RuleName(StrEnum):
    """As `service.domain.retention.RetentionRule`, which is not loaded for the help."""

    PORTRAIT = "portrait"
    HOLDER = "holder"
    EVIDENCE = "evidence"
    FAILED = "failed"


class FreezeName(StrEnum):
    """As `service.domain.freeze.FreezeReason`."""

    SUSPECTED_FRAUD = "suspected_fraud"
    LEGAL_CLAIM = "legal_claim"
    SUPERVISION = "supervision"
    RESTRICTION = "restriction"


class ThawName(StrEnum):
    """As `service.domain.freeze.ThawReason`."""

    CASE_CLOSED = "case_closed"
    FROZEN_BY_MISTAKE = "frozen_by_mistake"


@commands.command()
def show(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show the periods, by whose decision, and what is due."""
    with _administration(data) as (settings, retention):
        shown = retention.schedule.show(settings.organisation)
        due = retention.purge.due()
    rules = [_term_json(term) for term in shown.schedule.terms.values()]
    overdue = {kind.value: count for (_, kind), count in sorted(due.items())}
    last = None if shown.last_run is None else shown.last_run.isoformat()
    if as_json:
        print_json({"rules": rules, "frozen": shown.frozen, "last_run": last, "due": overdue})
    else:
        screen = console()
        for rule in rules:
            by = "no decision of the organisation is recorded" if rule["decided_on"] is None else rule["decision"]
            screen.print(f"{rule['rule']:<10} {rule['hours'] // 24} d {rule['hours'] % 24} h  {by}")
        screen.print(f"frozen: {shown.frozen}")
        screen.print(f"last run: {last or 'never'}")
        screen.print(f"due now: {', '.join(f'{name} {count}' for name, count in overdue.items()) or 'nothing'}")
    finish([ExitCode.GOOD])


@commands.command("set")
def set_command(
    rule: Annotated[RuleName, typer.Argument(help="What the period is for.")],
    period: Annotated[str, typer.Option("--period", metavar="N(h|d)", help="From the opening: 24h, 30d.")],
    decision: Annotated[str, typer.Option("--decision", metavar="REFERENCE", help="Of the gallringsbeslut.")],
    decided_on: Annotated[str, typer.Option("--decided-on", metavar="DATE", help="2026-11-24.")],
    who: Who,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Record a decision of the organisation. It counts at the next run, for what is kept already too."""
    from service.domain.retention import RetentionRule

    parsed = _PERIOD.fullmatch(period)
    if parsed is None:
        refuse("--period is a number and h or d")
    try:
        day = date.fromisoformat(decided_on)
    except ValueError:
        refuse("--decided-on is a date: 2026-11-24")
    with _administration(data) as (settings, retention):
        term = retention.schedule.set(
            who, settings.organisation, RetentionRule(rule), int(parsed[1]) * _UNITS[parsed[2]], decision, day
        )
    if as_json:
        print_json(_term_json(term))
    else:
        console().print(f"{term.rule.value}: {period} by {term.decision}")
    finish([ExitCode.GOOD])


@commands.command()
def run(
    who: Who,
    time: Annotated[
        str | None,
        typer.Option("--time-is", metavar="TIME", help="Confirms the clock after a long pause: now, to the hour."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> NoReturn:
    """Erase now what is due; the service does so each night and at each decision."""
    with _administration(data) as (_, retention):
        if dry_run:
            counts, rest = retention.purge.due(), {}
        else:
            confirmed = time is not None and _confirms(time, retention.purge.clock.now())
            purged = retention.purge(who, time_confirmed=confirmed)
            counts, rest = purged.counts, {"blobs": purged.swept, "epochs": len(purged.destroyed)}
    erased = {f"{organisation}/{kind.value}": count for (organisation, kind), count in sorted(counts.items())}
    if as_json:
        print_json({("due" if dry_run else "erased"): erased, **rest})
    else:
        for name, count in erased.items():
            console().print(f"{name}: {count}")
        console().print(f"{'due' if dry_run else 'erased'}: {sum(erased.values())}")
        for name, count in rest.items():
            console().print(f"{name} destroyed: {count}")
    finish([ExitCode.GOOD])


@commands.command()
def records(data: Data = None, as_json: AsJson = False) -> NoReturn:
    """Show what was erased: how much of what, on which day, by which decision. No case can be found by it."""
    with _administration(data) as (_, retention):
        found = retention.schedule.records()
    for record in found:
        row = {
            "organisation": record.organisation,
            "day": record.day.isoformat(),
            "class": record.retention.value,
            "count": record.count,
            "rule": record.rule.value,
            "decision": record.decision,
            "run_by": record.run_by,
        }
        if as_json:
            print_json(row)
        else:
            console().print("  ".join(str(value) for value in row.values()))
    finish([ExitCode.GOOD])


@commands.command()
def freeze(
    verification_id: Case,
    reason: Annotated[FreezeName, typer.Option("--reason", help="Why it must not be erased.")],
    who: Who,
    data: Data = None,
) -> NoReturn:
    """Keep a case from erasure. Suspected fraud does so by itself."""
    from service.domain.freeze import FreezeReason

    with _administration(data) as (_, retention):
        retention.freezing.freeze(who, verification_id, FreezeReason(reason))
    console().print("frozen")
    finish([ExitCode.GOOD])


@commands.command()
def unfreeze(
    verification_id: Case,
    reason: Annotated[ThawName, typer.Option("--reason", help="Why it may be erased as others.")],
    who: Who,
    data: Data = None,
) -> NoReturn:
    """Ask for the end of a freeze; a second person who gives the same reason ends it."""
    from service.domain.freeze import ThawReason

    with _administration(data) as (_, retention):
        changed = retention.freezing.thaw(who, verification_id, ThawReason(reason))
    console().print("asked for: a second person ends it" if changed.thawed_at is None else "no longer frozen")
    finish([ExitCode.GOOD])


def _term_json(term: Any) -> dict[str, Any]:  # noqa: ANN401 - a Term, which is not loaded for the help
    return {
        "rule": term.rule.value,
        "hours": term.period // timedelta(hours=1),
        "decision": term.decision,
        "decided_on": None if term.decided_on is None else term.decided_on.isoformat(),
    }


def _confirms(text: str, now: datetime) -> bool:
    """A person who knows the time says it, so that the same wrong clock is not asked twice."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        refuse("--time-is is no RFC 3339 time")
    if said.tzinfo is None:
        refuse("--time-is needs Z or an offset")
    if abs(said - now) > timedelta(hours=1):
        refuse(f"the clock of this machine says {now.isoformat()}")
    return True


@contextmanager
def _administration(data: Path | None) -> Iterator[tuple[Settings, RetentionAdministration]]:
    """The use cases; their errors become words and an exit status."""
    from pydantic import ValidationError

    from service import wiring
    from service.domain.errors import ConfigurationError, ServiceError
    from service.domain.retention import RetentionError
    from service.settings import Settings

    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with wiring.administer_retention(settings) as retention:
            yield settings, retention
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))
    except RetentionError as error:
        complain(error.code.value)
        finish([ExitCode.NOT_ALL_GOOD])
    except ServiceError as error:
        complain(error.code.value)
        finish([ExitCode.UNREACHABLE])

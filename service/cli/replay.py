"""`passkoll replay`: cases and bare dumps again, through the library or a running service, and what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

import typer
from pydantic import ValidationError

from mrtd.inspection import POLICIES
from mrtd.pki.realm import Realm
from service.cli import replay_output as output
from service.cli.output import ExitCode, complain, finish, print_json, refuse
from service.crew import Crew, CrewError, CrewUnreachableError, muster
from service.domain.errors import ConfigurationError
from service.replay import jobs as work
from service.replay import junit, results
from service.replay.client import Client
from service.replay.errors import ReplayError, Unreachable
from service.replay.finding import Replayed, Status
from service.replay.folder import find_cases, find_dumps, load_case
from service.replay.library import LibraryRun, load_policy
from service.replay.options import At, Options
from service.replay.service_run import ServiceRun
from service.replay.update import update_inspection, update_service
from service.settings import Settings

_CODES: Final = {
    Status.OK: ExitCode.GOOD,
    Status.JUDGED: ExitCode.GOOD,
    Status.SKIPPED: ExitCode.GOOD,
    Status.DIFFERENT: ExitCode.NOT_ALL_GOOD,
    Status.UNREADABLE: ExitCode.UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller wants beside the replay. `results` is the file for `record`, by default beside the folder."""

    as_json: bool = False
    record: bool = False
    results: Path | None = None
    update: bool = False
    junit: Path | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What lies in the folder: cases, or else dumps and the number of other files."""

    are_cases: bool
    paths: tuple[Path, ...]
    others: int = 0


def command(
    paths: Sequence[Path],
    *,
    at: datetime | str,
    realm: str | None,
    trust: Sequence[Path] | None,
    policy: str | None,
    url: str | None,
    data: Path | None,
    jobs: int | None,
    wishes: Wishes,
) -> NoReturn:
    """What the command line says: `replay DIR` or `replay diff A B`.

    Raises:
        typer.Exit: always.
    """
    match paths:
        case [word, first, second] if str(word) == "diff":
            diff(first, second, as_json=wishes.as_json)
        case [folder]:
            options = Options(
                now=datetime.now(UTC).replace(microsecond=0),
                at=at if isinstance(at, datetime) else At(at),
                trust=None if trust is None else tuple(map(str, trust)),
                realm=None if realm is None else Realm(realm),
                policy=policy,
            )
            run(folder, options, wishes, url=url, data=data, jobs=jobs)
        case _:
            refuse("replay takes one folder, or the word diff and two records")


def run(
    folder: Path, options: Options, wishes: Wishes, *, url: str | None, data: Path | None, jobs: int | None
) -> NoReturn:
    """Replay the cases of a folder, or, where there is none, its dumps.

    Raises:
        typer.Exit: always.
    """
    _refuse_contradictions(options, wishes, url)
    try:
        found = _find(folder)
        if wishes.update and not found.are_cases:
            raise ReplayError("--update: there is no case, and nothing is expected of dumps")
        with _start(folder, found, options, url, data, jobs or work.processors()) as replays:
            done = _collect(replays, len(found.paths), as_json=wishes.as_json)
        if not wishes.as_json:
            output.show_cases(done) if found.are_cases else output.show_dumps(done, found.others)
        _write_files(folder, done, wishes, through="library" if url is None else "service")
        if wishes.update:
            done = _update(found.paths, done, as_json=wishes.as_json)
    except Unreachable as error:
        complain(f"{url} does not answer as the service: {error}")
        raise typer.Exit(ExitCode.UNREACHABLE) from None
    except ReplayError as error:
        refuse(str(error))
    finish(_CODES[replay.status] for replay in done)


def diff(first: Path, second: Path, *, as_json: bool) -> NoReturn:
    """Say what changed from one record to another, check by check.

    Raises:
        typer.Exit: always; 0 nothing, 1 something.
    """
    try:
        found, others = results.load(first), results.load(second)
    except ReplayError as error:
        refuse(str(error))
    changes = tuple(results.compare(found, others))
    if as_json:
        for change in changes:
            print_json(change.to_json())
    else:
        output.show_changes(changes, len({*found, *others}))
    raise typer.Exit(ExitCode.NOT_ALL_GOOD if changes else ExitCode.GOOD)


def _refuse_contradictions(options: Options, wishes: Wishes, url: str | None) -> None:
    if url is not None:
        if options.trust is not None or options.realm is not None:
            refuse("--url: the service has its own trust and realm; --trust and --realm are for the library")
        if options.policy is not None and options.policy not in POLICIES:
            refuse(f"--url: the service knows the policies {', '.join(POLICIES)}")
    if wishes.update and options.changes_cases:
        refuse("--update writes what a case finds by itself: not together with --at, --trust, --realm or --policy")


def _find(folder: Path) -> _Found:
    cases = find_cases(folder)
    if cases:
        return _Found(True, cases)
    dumps, others = find_dumps(folder)
    if not dumps:
        raise ReplayError(f"{folder.name or folder}: neither a case nor a dump lies there")
    return _Found(False, dumps, others)


@contextmanager
def _start(
    folder: Path, found: _Found, options: Options, url: str | None, data: Path | None, jobs: int
) -> Iterator[Iterator[Replayed]]:
    """The replays, on their way; what all of them need is tried before the first."""
    one: Callable[[Path], Replayed]
    if url is None:
        if options.policy is not None:
            load_policy(options.policy)
        library = LibraryRun(folder, options)
        one = library.case if found.are_cases else library.dump
        yield work.in_processes(one, found.paths, jobs)
        return
    with _crew(url, data) as crew:
        client = Client(crew.app, crew.harness)
        service = ServiceRun(folder, options, client, client.setting())
        one = service.case if found.are_cases else service.dump
        yield work.in_threads(one, found.paths, jobs)


@contextmanager
def _crew(url: str, data: Path | None) -> Iterator[Crew]:
    """A phone, two people and a harness, made over the database of that service.

    Raises:
        Unreachable: nothing answers there as the service.
        ReplayError: the database is out of reach from here, or the service does not take part.
    """
    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with muster(settings, url, say=complain) as crew:
            yield crew
    except CrewUnreachableError as error:
        raise Unreachable(str(error)) from None
    except (CrewError, ConfigurationError) as error:
        raise ReplayError(str(error)) from None
    except ValidationError as error:
        raise ReplayError(f"settings: {error.errors()[0]['msg']}") from None


def _collect(replays: Iterator[Replayed], total: int, *, as_json: bool) -> list[Replayed]:
    """Every replay in order; with `as_json` printed as it comes. Two cases of one id cannot both be told from it."""
    done: list[Replayed] = []
    seen: set[str] = set()
    with output.progress(total, shown=not as_json) as advance:
        for replay in replays:
            if replay.name in seen:
                note = "another case has this id"
                done.append(Replayed(replay.name, Status.UNREADABLE, note=note, is_case=replay.is_case))
            else:
                seen.add(replay.name)
                done.append(replay)
            if as_json:
                print_json(output.to_json(done[-1]))
            advance()
    return done


def _write_files(folder: Path, done: Sequence[Replayed], wishes: Wishes, *, through: str) -> None:
    if wishes.record or wishes.results is not None:
        path = wishes.results or results.default_path(folder)
        number = results.record(path, done, through=through)
        complain(f"{number} results recorded in {output.shown_path(path)}")
    if wishes.junit is not None:
        junit.write(wishes.junit, done)


def _update(paths: Sequence[Path], done: list[Replayed], *, as_json: bool) -> list[Replayed]:
    """Rewrite the expectations of the cases that differ; then they do not differ any more."""
    updated = []
    for folder, replay in zip(paths, done, strict=True):
        if replay.status is not Status.DIFFERENT or replay.finding is None:
            updated.append(replay)
            continue
        loaded = load_case(folder)
        if replay.finding.service is None:
            update_inspection(loaded, replay.finding)
        else:
            update_service(loaded, replay.finding.service)
        updated.append(replace(replay, status=Status.OK))
        if not as_json:
            complain(f"updated {replay.name}: {len(replay.differences)} differences")
    return updated

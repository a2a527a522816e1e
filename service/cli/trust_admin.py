"""`passkoll trust import|fetch|accept|...|activate|list|export`: administer the trust store of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

from mrtd import files
from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.files import SourceFiles
from mrtd.pki.trust_store import TrustStore
from service.cli import trust_changes as changes
from service.cli import trust_text as text
from service.cli.output import ExitCode, complain, console, finish, print_json, refuse, shown_path
from service.cli.trust_json import (
    activation_json,
    anchors_json,
    draft_json,
    imported_json,
    shown_json,
    staged_json,
    what_if_json,
)
from service.cli.trust_office import administration, fail, fetching
from service.cli.trust_words import printable
from service.domain.trust import Actor, TrustError, TrustProblem
from service.replay.errors import ReplayError
from service.replay.folder import find_dumps
from service.usecases.trust_decisions import DecideTrust
from service.usecases.trust_import import Imported, ImportRequest, Use
from service.usecases.trust_showing import TrustShown
from service.usecases.trust_staging import Staged
from service.wiring import TrustAdministration


@dataclass(frozen=True, slots=True)
class Offer:
    """The options of `trust import`."""

    paths: Sequence[Path]
    publisher: str | None
    signer_cscas: Sequence[Path]
    url: str | None
    pin: bool
    links: bool

    def use(self) -> Use | None:
        """What CA certificates outside lists are for."""
        if self.pin:
            return Use.PIN
        return Use.LINKS if self.links else None


def import_material(data: Path | None, who: str, offer: Offer, *, as_json: bool) -> NoReturn:
    """Take what the paths hold into the draft.

    Raises:
        typer.Exit: always, as the other functions here; 1 where something was refused.
    """
    if offer.pin and offer.links:
        refuse("--pin and --links contradict each other")
    if (offer.signer_cscas or offer.url) and offer.publisher is None:
        refuse("--signer-csca and --url need --publisher")
    if not (offer.paths or offer.signer_cscas or offer.url):
        refuse("nothing to import")
    with administration(data, as_json) as trust:
        actor = Actor.named(who)
        found = _material(offer.paths)
        signers = _material(offer.signer_cscas)
        pinned = tuple(der for source in signers.sources for der in source.certificates)
        request = ImportRequest(found.sources, offer.publisher, pinned, offer.url, offer.use())
        imported = trust.take(actor, request)
        _show_import(imported, found, as_json=as_json)
        finish([_import_code(imported, found)])


def fetch(data: Path | None, who: str, publishers: Sequence[str], *, as_json: bool) -> NoReturn:
    """Get the lists of publishers, one after the other, each into the draft; 3 where one could not be reached."""
    codes: list[ExitCode] = []
    with administration(data, as_json) as trust, fetching(trust) as lists:
        actor = Actor.named(who)
        for fetched in lists(publishers):
            name = fetched.publisher
            if fetched.content is None:
                codes.append(ExitCode.UNREACHABLE)
                fail(str(fetched.problem), as_json=as_json, publisher=name)
                continue
            try:
                found = files.sources_in(fetched.content, name)
            except MrtdError as error:
                codes.append(ExitCode.UNREADABLE)
                fail(error.code, as_json=as_json, publisher=name)
                continue
            imported = trust.take(actor, ImportRequest(found.sources, name))
            _show_import(imported, found, as_json=as_json, publisher=name)
            codes.append(_import_code(imported, found))
    if not codes and not as_json:
        complain("no publisher has an address: `passkoll trust import --publisher NAME --url URL`")
    finish(codes)


def accept(data: Path | None, who: str, fingerprints: Sequence[str], *, everything: bool, as_json: bool) -> NoReturn:
    """Accept anchors on probation."""
    if bool(fingerprints) == everything:
        refuse("name fingerprints, or --all")
    wanted = None if everything else [plain_fingerprint(one) for one in fingerprints]
    decide(data, lambda trust, actor: trust.accept(actor, wanted), who, as_json=as_json)


def decide(data: Path | None, change: Callable[[DecideTrust, Actor], Staged], who: str, *, as_json: bool) -> NoReturn:
    """Change the draft by one decision, and show it."""
    with administration(data, as_json) as trust:
        staged = change(trust.decide, Actor.named(who))
        if as_json:
            print_json(staged_json(staged))
        else:
            changes.staged(console(), staged)
        finish([ExitCode.GOOD])


def show_difference(data: Path | None, *, as_json: bool) -> NoReturn:
    """What the draft changes."""
    with administration(data, as_json) as trust:
        shown, _ = _opened(trust)
        staged = _staged(shown)
        if as_json:
            print_json(staged_json(staged))
        else:
            changes.staged(console(), staged)
        finish([ExitCode.GOOD])


def what_if(data: Path | None, evidence: Path | None, days: int, *, as_json: bool) -> NoReturn:
    """Judge evidence by both stores; 1 where something would get worse."""
    with administration(data, as_json) as trust:
        shown, candidate = _opened(trust)
        if evidence is None:
            found = trust.what_if.stored(shown.active_store, candidate, recent=timedelta(days=days))
        else:
            found = trust.what_if.dumps(_dumps(evidence), shown.active_store, candidate)
        if as_json:
            print_json(what_if_json(shown, found))
        else:
            text.what_if(console(), found)
        worse = bool(found.worse or found.results_at_risk or found.unreadable)
        finish([ExitCode.NOT_ALL_GOOD if worse else ExitCode.GOOD])


def activate(data: Path | None, digest: str, by: str, second: str, reason: str | None, *, as_json: bool) -> NoReturn:
    """Two people make the draft the store in use."""
    with administration(data, as_json) as trust:
        activation = trust.activate(digest, _signatory(by), _signatory(second), reason)
        decisions = trust.decisions()
        if as_json:
            print_json({"activated": activation_json(activation), "decisions_to_judge_anew": decisions})
        else:
            console().print(f"activated {activation.digest}: it counts from the next judgement on")
            console().print(f"decisions in force that the service judges anew: {decisions}")
        finish([ExitCode.GOOD])


def discard(data: Path | None, who: str, *, as_json: bool) -> NoReturn:
    """Throw the draft away."""
    with administration(data, as_json) as trust:
        draft = trust.discard(Actor.named(who))
        if as_json:
            print_json({"discarded": draft_json(draft)})
        else:
            console().print(f"discarded {draft.digest}")
        finish([ExitCode.GOOD])


def return_to(data: Path | None, who: str, digest: str, *, as_json: bool) -> NoReturn:
    """Make an earlier store the draft."""
    with administration(data, as_json) as trust:
        returned = trust.return_to(Actor.named(who), trust.show.stored(digest).digest)
        staged = replace(_staged(trust.show()), replaced=returned.replaced)
        if as_json:
            print_json(staged_json(staged))
        else:
            changes.staged(console(), staged)
        finish([ExitCode.GOOD])


def show(data: Path | None, *, anchors: bool, of_draft: bool, as_json: bool) -> NoReturn:
    """The store in use, the draft, the history, and each anchor of one of both if wanted."""
    if of_draft and not anchors:
        refuse("--draft needs --anchors")
    with administration(data, as_json) as trust:
        shown = trust.show()
        store = _draft_store(shown) if of_draft else shown.active_store
        since = trust.show.since(shown) if anchors and not of_draft else {}
        if as_json:
            print_json({**shown_json(shown), **({"anchors": anchors_json(store, since)} if anchors else {})})
        else:
            text.shown(console(), shown)
            if anchors:
                text.anchors(console(), store, since)
        whole = shown.problem is None and shown.draft_problem is None
        finish([ExitCode.GOOD if whole else ExitCode.NOT_ALL_GOOD])


def export(data: Path | None, digest: str, file: Path, *, as_json: bool) -> NoReturn:
    """Write a store to a new file."""
    with administration(data, as_json) as trust:
        stored = trust.show.stored(digest)
        try:
            with file.open("xb") as stream:
                stream.write(stored.file)
        except FileExistsError:
            refuse(f"{shown_path(file)} exists already")
        except OSError as error:
            refuse(f"{shown_path(file)}: {error.strerror}")
        if as_json:
            print_json({"digest": stored.digest, "file": shown_path(file), "file_sha256": stored.file_sha256})
        else:
            console().print(f"wrote {stored.digest} to {printable(shown_path(file))}")
        finish([ExitCode.GOOD])


def plain_fingerprint(written: str) -> str:
    """As people copy it: in pairs with colons or blanks, in capitals."""
    return written.replace(":", "").replace(" ", "").lower()


def _material(paths: Sequence[Path]) -> SourceFiles:
    found = files.read_sources(*paths)
    if found.stores:
        refuse("a store file holds decisions of its own; import the lists that it was made of")
    for name in found.unreadable:
        complain(f"{printable(name)}: unreadable")
    if found.skipped:
        complain(f"{len(found.skipped)} files skipped: no trust material")
    return found


def _show_import(imported: Imported, found: SourceFiles, *, as_json: bool, publisher: str | None = None) -> None:
    if as_json:
        print_json(imported_json(imported, found, publisher))
    else:
        text.imported(console(), imported)


def _import_code(imported: Imported, found: SourceFiles) -> ExitCode:
    if found.unreadable:
        return ExitCode.UNREADABLE
    refused = [one for one in imported.refused if not one.held_already]
    return ExitCode.NOT_ALL_GOOD if refused else ExitCode.GOOD


def _dumps(folder: Path) -> Iterator[tuple[str, Callable[[], ChipEvidence]]]:
    try:
        paths, _ = find_dumps(folder)
    except ReplayError as error:
        refuse(str(error))
    if not paths:
        refuse(f"{shown_path(folder)} holds no dump")
    for path in paths:
        yield shown_path(path), partial(files.load_dump, path)


def _opened(trust: TrustAdministration) -> tuple[TrustShown, TrustStore]:
    """The store in use and the draft, where both are there to be compared."""
    shown = trust.show()
    if shown.problem is not None:
        raise TrustError(shown.problem)
    return shown, _draft_store(shown)


def _draft_store(shown: TrustShown) -> TrustStore:
    if shown.draft_store is None:
        raise TrustError(shown.draft_problem or TrustProblem.NO_DRAFT)
    return shown.draft_store


def _staged(shown: TrustShown) -> Staged:
    return Staged(shown.draft, shown.difference, shown.decided, shown.left_out)


def _signatory(name: str) -> Actor:
    """One of two people; nobody is no second person, as the operation itself says."""
    return Actor.named(name) if name.strip() else Actor("")

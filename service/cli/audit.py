"""`passkoll audit verify|export|recheck`."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from mrtd.dump_body import read_json
from mrtd.errors import MrtdError
from mrtd.files import load_trust
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from service import wiring
from service.cli.output import (
    BAD_MARK,
    GOOD_MARK,
    ExitCode,
    complain,
    console,
    finish,
    marked,
    print_json,
    refuse,
    shown_path,
)
from service.domain.audit_checkpoint import AnchorError, AuditBrokenError, CheckpointAnchor
from service.domain.case_recheck import Rechecked
from service.domain.errors import ConfigurationError, ServiceError
from service.settings import Settings
from service.usecases.audit_recheck import LIMITS, UnreadableArchiveError
from service.usecases.audit_recheck import recheck as recheck_archive
from service.usecases.audit_verify import AuditVerified
from service.wiring import AuditAdministration

#: For `--anchor`: the place that the settings name.
_OF_SETTINGS: Final = "settings"
#: A JWK Set holds a few keys, a result a few claims.
_MAX_TEXT: Final = 1024 * 1024


def verify(data: Path | None, place: str | None, *, as_json: bool) -> NoReturn:
    """Walk the trail, and say what does not fit.

    Raises:
        typer.Exit: always, as the other functions here; 1 where something does not fit.
    """
    with _administration(data) as audit:
        try:
            verified = audit.verify(_anchor(audit, place))
        except AnchorError as error:
            complain(error.code)
            finish([ExitCode.UNREACHABLE])
    if as_json:
        print_json(_verified_json(verified))
    else:
        _show(verified)
    finish([ExitCode.NOT_ALL_GOOD if verified.breaks else ExitCode.GOOD])


def export(data: Path | None, verification_id: str, out: Path, who: str | None) -> NoReturn:
    """Write the archive of a case, for its reader alone."""
    with _administration(data) as audit:
        try:
            # Before anything is written down: a file that cannot be made would leave an entry for nothing.
            descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            refuse(f"{shown_path(out)} is there already")
        except OSError as error:
            refuse(f"{shown_path(out)}: {error.strerror}")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(audit.export(who or _account(), verification_id))
        except (ServiceError, AuditBrokenError, AnchorError) as error:
            out.unlink()
            complain(str(error))
            finish([ExitCode.NOT_ALL_GOOD])
        except BaseException:
            with suppress(OSError):
                out.unlink()
            raise
    finish([ExitCode.GOOD])


def recheck(
    archive: Path, jwks: Path | None, trust: Sequence[Path], realm: str, result: Path | None, *, as_json: bool
) -> NoReturn:
    """Verify an archive, offline."""
    try:
        keys = None if jwks is None else read_json(_read(jwks, _MAX_TEXT))
        found = recheck_archive(
            _read(archive, LIMITS.total),
            wiring.reader_of,
            wiring.catalogue(),
            keys=keys,
            trust=_store(trust, realm),
            result=None if result is None else _read(result, _MAX_TEXT),
        )
    except UnreadableArchiveError as error:
        refuse(f"{shown_path(archive)}: {error.code}")
    except MrtdError as error:
        refuse(error.code)
    if as_json:
        print_json(_rechecked_json(found))
    else:
        _show_recheck(found)
    finish([ExitCode.GOOD if found.good else ExitCode.NOT_ALL_GOOD])


@contextmanager
def _administration(data: Path | None) -> Iterator[AuditAdministration]:
    try:
        settings = Settings.model_validate({} if data is None else {"data_dir": data})
        with wiring.administer_audit(settings) as audit:
            yield audit
    except ValidationError as error:
        refuse("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    except ConfigurationError as error:
        refuse(str(error))


def _anchor(audit: AuditAdministration, place: str | None) -> CheckpointAnchor | None:
    if place != _OF_SETTINGS:
        return None if place is None else wiring.anchor_at(place)
    if audit.anchor is None:
        refuse("PASSKOLL_AUDIT_ANCHOR names no place")
    return audit.anchor


def _account() -> str:
    try:
        return f"account:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"account:{os.getuid()}"


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        refuse(f"{shown_path(path)}: {error.strerror}")
    if len(data) > limit:
        refuse(f"{shown_path(path)} is too large")
    return data


def _store(paths: Sequence[Path], realm: str) -> TrustStore | None:
    return load_trust(*paths, realm=Realm(realm)) if paths else None


def _verified_json(verified: AuditVerified) -> Mapping[str, Any]:
    return {
        "whole": not verified.breaks,
        "entries": verified.entries,
        "organisations": verified.organisations,
        "signed_to": verified.covered,
        "anchored": verified.anchored,
        "breaks": [{"number": broken.number, "how": broken.kind.value} for broken in verified.breaks],
    }


def _show(verified: AuditVerified) -> None:
    screen = console()
    for broken in verified.breaks:
        screen.print(marked(screen, "NOT WHOLE", BAD_MARK), f"entry {broken.number}: {broken.kind.value}")
    if not verified.breaks:
        screen.print(marked(screen, "WHOLE", GOOD_MARK))
    screen.print(f"  {verified.entries} entries of {verified.organisations} organisations fit")
    screen.print(f"  signed to entry {verified.covered}")
    if verified.anchored is None:
        screen.print("  not compared with checkpoints outside: use --anchor")
    else:
        screen.print(f"  compared with {verified.anchored} checkpoints outside")


def _rechecked_json(found: Rechecked) -> Mapping[str, Any]:
    return {
        "good": found.good,
        "verification": found.verification_id,
        "erased": list(found.erased),
        "findings": [
            {"part": finding.part.value, "status": finding.standing.value, "detail": finding.detail}
            for finding in found.findings
        ],
    }


def _show_recheck(found: Rechecked) -> None:
    screen = console()
    for finding in found.findings:
        detail = "" if finding.detail is None else f": {finding.detail}"
        screen.print(marked(screen, finding.standing.value), f"{finding.part.value}{detail}")
    if found.erased:
        screen.print(f"  erased before: {', '.join(found.erased)}")

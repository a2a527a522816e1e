"""Cases and bare dumps through the library: `inspect` and every policy, without a service."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import mrz
from mrtd import files
from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.inspection import POLICIES, InspectionReport, MrzEvidence, Policy, Verdict, inspect, judge
from mrtd.inspection.policy import STOCKHOLM
from mrtd.inspection.verdict import MrzMatchesChip
from mrtd.pki.trust_store import Realm, TrustStore
from mrz.errors import MrzFormatError
from service.domain.judgement import leading_reason
from service.replay.case import Case, PrintedMrz
from service.replay.compare import compare_inspection
from service.replay.errors import ReplayError
from service.replay.finding import Finding, Replayed, Status, found_checks, found_verdict
from service.replay.folder import LoadedCase, load_case
from service.replay.options import DEFAULT_POLICY, LEADING_POLICY, Options
from service.replay.recorded_time import recorded_time


@dataclass(frozen=True, slots=True)
class LibraryRun:
    """Replays through the library. Can be sent to another process."""

    folder: Path
    options: Options

    def case(self, folder: Path) -> Replayed:
        """Replay the case in a folder and compare it with what it expects; never raises for what is in it."""
        start = time.perf_counter()
        name = folder.relative_to(self.folder).as_posix()
        try:
            loaded = load_case(folder)
            name = loaded.case.id
            finding = self.find(loaded)
        except ReplayError as error:
            return Replayed(name, Status.UNREADABLE, note=str(error), seconds=time.perf_counter() - start)
        policies = None if self.options.policy is None else (load_policy(self.options.policy).name,)
        differences = compare_inspection(loaded.case.inspect, finding, policies)
        status = Status.DIFFERENT if differences else Status.OK
        return Replayed(name, status, finding, differences, seconds=time.perf_counter() - start)

    def find(self, loaded: LoadedCase) -> Finding:
        """What the library finds in a case.

        Raises:
            ReplayError: the trust material or the chip of the case is not there, or cannot be read.
        """
        case, options = loaded.case, self.options
        trust = loaded.trust() if options.trust is None else tuple(map(Path, options.trust))
        store = load_trust(trust, options.realm or case.realm)
        at = options.time(case.at)
        try:
            evidence = files.load_dump(loaded.dump)
            printed = mrz_evidence(case.mrz, at)
        except MrtdError as error:
            return Finding(error=error.code)
        except MrzFormatError as error:
            return Finding(error=str(error.reason))
        report = _inspect(case, evidence, printed, store, at)
        policies = list(POLICIES.values())
        if options.policy is not None:
            policies.append(load_policy(options.policy))
        return _finding(report, policies, POLICIES[LEADING_POLICY])

    def dump(self, path: Path) -> Replayed:
        """Judge a bare dump; its chip answers nobody, and what it recorded of answers is a claim."""
        start = time.perf_counter()
        name = shown(path, self.folder)
        options = self.options
        try:
            evidence = files.load_dump(path)
        except MrtdError as error:
            return judged(name, Finding(error=error.code), start)
        store = load_trust(tuple(map(Path, options.trust or ())), options.realm or Realm.PRODUCTION)
        policy = load_policy(options.policy or DEFAULT_POLICY)
        report = inspect(evidence, None, store, options.time(recorded_time(evidence)))
        return judged(name, _finding(report, [policy], policy), start)


def judged(name: str, finding: Finding, start: float) -> Replayed:
    """A bare dump after its replay, which began at `start` (`time.perf_counter`)."""
    status = Status.JUDGED if finding.error is None else Status.UNREADABLE
    seconds = time.perf_counter() - start
    return Replayed(name, status, finding, note=finding.error, seconds=seconds, is_case=False)


def shown(path: Path, folder: Path) -> str:
    """A dump by its path relative to the folder of the replay; the folder itself by its name."""
    relative = path.relative_to(folder)
    return relative.as_posix() if relative.parts else folder.resolve().name


def _inspect(
    case: Case, evidence: ChipEvidence, printed: MrzEvidence | None, store: TrustStore, at: datetime
) -> InspectionReport:
    # Loaded for cases only: the specimen state brings signing libraries that bare dumps do not need.
    from service.replay.specimen_chip import replayed  # noqa: PLC0415

    answered, provenance = replayed(case, evidence, at, store.realm)
    return inspect(answered, printed, store, at, provenance=provenance)


def _finding(report: InspectionReport, policies: list[Policy], leading: Policy) -> Finding:
    verdicts = {policy.name: judge(report, policy) for policy in policies}
    return Finding(
        document_type=report.document_type,
        issuing_state=report.issuing_state,
        checks=found_checks(report),
        verdicts={name: found_verdict(verdict) for name, verdict in verdicts.items()},
        leading=leading.name,
        reason=first_reason(report, verdicts[leading.name], leading),
    )


def first_reason(report: InspectionReport, verdict: Verdict, policy: Policy) -> str | None:
    """The reason to tell first. That no MRZ was given is none: nobody replays a bare dump with one."""
    if verdict.mrz_matches_chip is MrzMatchesChip.NOT_GIVEN:
        given = tuple(check for check in report.checks if check.id != "cross.mrz_dg1")
        return leading_reason(replace(report, checks=given), verdict, policy)
    return leading_reason(report, verdict, policy)


def mrz_evidence(printed: PrintedMrz | None, at: datetime) -> MrzEvidence | None:
    """The printed lines of a case as evidence.

    Raises:
        MrzFormatError: they fit no format.
    """
    if printed is None:
        return None
    document = mrz.parse("\n".join(printed.lines), today=at.astimezone(STOCKHOLM).date())
    return MrzEvidence(document, printed.source, printed.attempt)


@lru_cache(maxsize=64)
def load_trust(paths: tuple[Path, ...], realm: Realm) -> TrustStore:
    """The trust store of paths, read once a process.

    Raises:
        ReplayError: it cannot be read.
    """
    try:
        return files.load_trust(*paths, realm=realm)
    except MrtdError as error:
        raise ReplayError(f"trust: {error}") from None


@lru_cache(maxsize=8)
def load_policy(name: str) -> Policy:
    """A policy by name or file, read once a process.

    Raises:
        ReplayError: it cannot be read.
    """
    try:
        return files.load_policy(name)
    except MrtdError as error:
        raise ReplayError(f"policy: {error}") from None

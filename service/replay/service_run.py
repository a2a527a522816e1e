"""Cases and bare dumps through a running service of the specimen realm."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mrtd import files
from mrtd.errors import MrtdError
from mrtd.evidence import ChipEvidence
from mrtd.inspection import POLICIES, MrzSource, judge
from service.replay.case import Answers, Case
from service.replay.client import Answer, Client, ServiceSetting
from service.replay.compare import compare_service
from service.replay.errors import ReplayError
from service.replay.finding import VERDICT_MEMBERS, Finding, Replayed, ServiceEnd, Status, found_checks
from service.replay.folder import LoadedCase, load_case
from service.replay.library import first_reason, judged, load_trust, shown
from service.replay.options import DEFAULT_POLICY, LEADING_POLICY, At, Options
from service.replay.recorded_time import recorded_time
from service.replay.report_json import read_report
from service.replay.sending import chip_body, inspection_body, unread_body
from service.replay.specimen_chip import CaseChip, case_chip

#: A service that was started for a case may have run for a while; days of certificates and documents do not change.
_CLOCK_TOLERANCE: Final = timedelta(hours=1)


class _Skip(Exception):
    """Why a case is not for this service."""


@dataclass(frozen=True, slots=True, repr=False)
class ServiceRun:
    """Replays through a service; by several threads at once."""

    folder: Path
    options: Options
    client: Client
    setting: ServiceSetting

    def case(self, folder: Path) -> Replayed:
        """Take the case in a folder through a verification and compare where it ends.

        Raises:
            Unreachable: the service does not answer.
            ReplayError: the service refuses the caller.
        """
        start = time.perf_counter()
        name = folder.relative_to(self.folder).as_posix()
        try:
            loaded = load_case(folder)
            name = loaded.case.id
            expected = self._expected(loaded)
            send = self._sender(loaded)
        except ReplayError as error:
            return Replayed(name, Status.UNREADABLE, note=str(error), seconds=time.perf_counter() - start)
        except _Skip as why:
            return Replayed(name, Status.SKIPPED, note=str(why), seconds=time.perf_counter() - start)
        finding = send.run()
        differences = compare_service(expected, finding.service)
        status = Status.DIFFERENT if differences else Status.OK
        return Replayed(name, status, finding, differences, seconds=time.perf_counter() - start)

    def dump(self, path: Path) -> Replayed:
        """Let the service judge a bare dump.

        Raises:
            Unreachable: the service does not answer.
            ReplayError: the service refuses the caller, or its report cannot be read.
        """
        start = time.perf_counter()
        name = shown(path, self.folder)
        policy = self.options.policy or DEFAULT_POLICY
        try:
            evidence = files.load_dump(path)
        except MrtdError as error:
            return judged(name, Finding(error=error.code), start)
        answer = self.client.inspect(inspection_body(evidence, self._time(evidence), policy))
        if answer.problem is not None:
            return judged(name, Finding(error=_problem_code(answer)), start)
        return judged(name, _finding(answer, None), start)

    def _time(self, evidence: ChipEvidence) -> datetime | None:
        """The time to ask for; None leaves it to the service's clock."""
        if isinstance(self.options.at, datetime):
            return self.options.at
        return None if self.options.at is At.NOW else recorded_time(evidence)

    def _expected(self, loaded: LoadedCase) -> ServiceEnd:
        """What the case expects of a service like this one.

        Raises:
            ReplayError: the trust material of the case cannot be read.
            _Skip: the case is for another service, or for none.
        """
        case = loaded.case
        if case.service is None:
            raise _Skip("it expects nothing of a service")
        if case.chip is not None and case.chip.answers is Answers.LATE:
            raise _Skip("its chip answers too late, which nobody waits for")
        if self.setting.policy != LEADING_POLICY:
            raise _Skip(f"the service judges by {self.setting.policy}, cases expect {LEADING_POLICY}")
        if load_trust(loaded.trust(), case.realm).digest != self.setting.trust_store:
            raise _Skip("the service trusts something else")
        wanted = self.options.time(case.at)
        if abs(wanted - self.setting.at) > _CLOCK_TOLERANCE:
            raise _Skip(f"the clock of the service is not at {wanted:%Y-%m-%dT%H:%M:%SZ} (--specimen-clock)")
        return case.service

    def _sender(self, loaded: LoadedCase) -> _Sender:
        try:
            evidence = files.load_dump(loaded.dump)
        except MrtdError:
            body = unread_body(loaded.dump)
            if body is None:
                raise _Skip("no service takes this kind of dump") from None
            return _Sender(self.client, loaded.case, *body)
        chip = None
        if loaded.case.chip is not None and loaded.case.chip.answers is not Answers.RECORDED:
            chip = case_chip(loaded.case.chip, evidence)
        return _Sender(self.client, loaded.case, chip_body(evidence), evidence=evidence, chip=chip)


@dataclass(frozen=True, slots=True)
class _Sender:
    """One case on its way through a verification: MRZ, challenge, chip. It goes as far as `next_step` lets it."""

    client: Client
    case: Case
    body: bytes
    media_type: str = "application/cbor"
    evidence: ChipEvidence | None = None
    chip: CaseChip | None = None

    def run(self) -> Finding:
        """What came of it.

        Raises:
            Unreachable: the service does not answer.
            ReplayError: the service refuses the caller.
        """
        verification = self.client.open()
        answer = self._give_mrz(verification)
        if answer is None or answer.problem is not None or answer.body["next_step"] != "read_chip_live":
            return self._ended(verification, answer)
        body = self.body
        if self.chip is not None and self.evidence is not None:
            challenge, answer = self.client.challenge(verification)
            if answer.problem is not None:
                return self._ended(verification, answer)
            body = chip_body(self.chip.answer(challenge, self.evidence))
        answer = self.client.give_chip(verification, body, self.media_type)
        if self.chip is not None and self.chip.answers is Answers.USED:
            answer = self.client.give_chip(verification, body, self.media_type)
        return self._ended(verification, answer)

    def _give_mrz(self, verification: str) -> Answer | None:
        printed = self.case.mrz
        if printed is None:
            return None
        # `ocr` is what the service's own reader says of a photo; lines that come from outside are the app's.
        source = MrzSource.APP_OCR if printed.source is MrzSource.OCR else printed.source
        photos = printed.attempt if source is MrzSource.APP_OCR else 1
        for _ in range(photos):
            answer = self.client.give_mrz(verification, printed.lines, source.value)
            if answer.problem is not None:
                break
        return answer

    def _ended(self, verification: str, answer: Answer | None) -> Finding:
        problem = None if answer is None else answer.problem
        stands = self.client.show(verification)
        end = ServiceEnd(stands["state"], stands["next_step"], stands["reason"], problem)
        report = stands.get("report")
        return Finding(service=end) if report is None else _finding(Answer(report, None), end)


def _finding(answer: Answer, end: ServiceEnd | None) -> Finding:
    report = read_report(answer.body)
    policy = str(answer.body["policy"])
    if policy not in POLICIES:
        raise ReplayError("the service judges by a policy that this software does not know")
    verdict = judge(report, POLICIES[policy])
    return Finding(
        document_type=report.document_type,
        issuing_state=report.issuing_state,
        checks=found_checks(report),
        verdicts={policy: {name: str(answer.body[name]) for name in VERDICT_MEMBERS}},
        leading=policy,
        reason=first_reason(report, verdict, POLICIES[policy]),
        service=end,
    )


def _problem_code(answer: Answer) -> str:
    """What the service found unreadable, as the reader of dumps calls it, else the code of the problem."""
    errors = answer.body.get("errors") or []
    return str(errors[0]["code"]) if answer.problem == "unreadable_dump" and errors else str(answer.problem)

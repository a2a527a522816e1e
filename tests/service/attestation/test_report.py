"""A report is accepted by what it holds, and nothing missing is taken for passed."""

from __future__ import annotations

import pytest

from service.domain.attestation import (
    REQUIRED,
    Attention,
    AttestationCheck,
    AttestationFinding,
    AttestationReport,
    Refusal,
)
from service.domain.devices import KeyProtection, Platform
from service.domain.integrity import IntegrityAttention

PLATFORMS = (Platform.ANDROID, Platform.IOS)


def report(platform: Platform, findings: tuple[AttestationFinding, ...], **more: object) -> AttestationReport:
    return AttestationReport(platform, "key", KeyProtection.STRONGBOX, findings, **more)


def passed(platform: Platform) -> tuple[AttestationFinding, ...]:
    return tuple(map(AttestationFinding, sorted(REQUIRED[platform])))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_check_of_the_platform_and_no_refusal(platform: Platform) -> None:
    assert report(platform, passed(platform)).accepted


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_missing_check_is_not_a_passed_one(platform: Platform) -> None:
    whole = passed(platform)
    for number in range(len(whole)):
        assert not report(platform, whole[:number] + whole[number + 1 :]).accepted
    assert not report(platform, ()).accepted


@pytest.mark.parametrize("platform", PLATFORMS)
def test_one_refusal_anywhere_refuses(platform: Platform) -> None:
    whole = passed(platform)
    for number, finding in enumerate(whole):
        refused = AttestationFinding(finding.check, (Refusal.WRONG_APP,))
        assert not report(platform, (*whole[:number], refused, *whole[number + 1 :])).accepted


def test_a_check_that_stands_there_twice_or_for_another() -> None:
    whole = passed(Platform.ANDROID)
    assert not report(Platform.ANDROID, (*whole, whole[0])).accepted
    assert not report(Platform.ANDROID, (*whole[:-1], whole[0])).accepted
    assert not report(Platform.ANDROID, passed(Platform.IOS)).accepted
    other = AttestationFinding(AttestationCheck.COUNTER)
    assert not report(Platform.ANDROID, (*whole[:-1], other)).accepted


def test_software_has_no_report_that_is_accepted() -> None:
    assert not report(Platform.HARNESS, ()).accepted


def test_reasons_come_once_and_in_order() -> None:
    found = report(
        Platform.ANDROID,
        (
            AttestationFinding(AttestationCheck.APP, (Refusal.WRONG_APP, Refusal.NOT_ATTESTED)),
            AttestationFinding(AttestationCheck.KEY, (Refusal.NOT_ATTESTED, Refusal.WRONG_KEY)),
            AttestationFinding(AttestationCheck.REVOCATION, (), (Attention.STATUS_LIST_OLD,)),
        ),
        signals=(IntegrityAttention.OLD,),
    )
    assert found.refusals == (Refusal.WRONG_APP, Refusal.NOT_ATTESTED, Refusal.WRONG_KEY)
    assert found.attentions == (Attention.STATUS_LIST_OLD, IntegrityAttention.OLD)


def test_signals_neither_accept_nor_refuse() -> None:
    signals = tuple(IntegrityAttention)
    assert report(Platform.ANDROID, passed(Platform.ANDROID), signals=signals).accepted
    assert not report(Platform.ANDROID, (), signals=()).accepted

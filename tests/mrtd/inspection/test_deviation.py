"""`pa.deviation`: a state's own list raises attention, nobody else's does, and none accepts anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from mrtd.asn1 import oids
from mrtd.asn1.deviation_list import DeviationList as Asn1DeviationList
from mrtd.evidence import ElementaryFile as F
from mrtd.inspection.data_groups import DataGroups
from mrtd.inspection.deviation import check_deviation
from mrtd.inspection.elementary_files import ReadFiles, read_files
from mrtd.pki.certificate import Certificate
from mrtd.pki.deviation_list import DeviationList, parse
from mrtd.specimen import authorities, data_groups, list_recipes
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.recipe import Setting
from mrtd.specimen.trust_breakage import neighbour
from tests.mrtd.inspection.cms_builder import der
from tests.mrtd.inspection.documents import AT

SETTING = Setting(now=AT)
NOTHING_PASSED = DataGroups(frozenset(), frozenset(), ())
DG12_PASSED = replace(NOTHING_PASSED, passed=frozenset({F.DG12}))
#: EF.DG12 with 5F26, the date of issue, 2026-03-01.
DG12 = der(0x6C, der(0x5C, b"\x5f\x26"), b"\x5f\x26\x08" + b"20260301")


@cache
def dsc() -> Certificate:
    return Certificate.parse(SETTING.issuer().dsc_certificate)


@cache
def stranger() -> Certificate:
    return Certificate.parse(neighbour(SETTING).dsc_certificate)


@cache
def own() -> DeviationList:
    return parse(list_recipes.own_deviation_list(SETTING))


@cache
def foreign() -> DeviationList:
    return parse(list_recipes.foreign_deviation_list(SETTING))


def made(edit: Callable[[Any], None], *kinds: str) -> DeviationList:
    """A list of Utopia with one edited entry a kind of deviation; `edit` gets the asn1 entry."""
    content: Asn1DeviationList = authorities.deviations(
        *((f"{oids.DEVIATION_LIST}.{kind}", SETTING.issuer(), "words") for kind in kinds)
    )
    for entry in content["deviations"]:
        edit(entry)
    signer = authorities.list_signer(SETTING.issuer(), oids.DEVIATION_LIST_SIGNING_KEY, role="deviation-signer")
    return parse(authorities.deviation_list(content, signer, AT))


def files(*, issuing_state: str = "UTO", **more: bytes) -> ReadFiles:
    lines = machine_readable_zone(
        MARTA, document_number="UT0000001", date_of_expiry=date(2030, 1, 31), issuing_state=issuing_state
    )
    sent = {F.DG1: data_groups.dg1(lines), F.DG12: DG12} | {F[name]: data for name, data in more.items()}
    return read_files(sent, today=AT.date())


def found(
    lists: list[DeviationList],
    read: ReadFiles,
    *dscs: Certificate | None,
    groups: DataGroups = NOTHING_PASSED,
) -> tuple[str, str | None]:
    result = check_deviation(lists, read, groups, *dscs)
    assert (result.id, result.subject) == ("pa.deviation", "document")
    return result.status.value, result.reason and result.reason.value


KNOWN = ("INDETERMINATE", "known_deviation")
SILENT = ("PASSED", None)
NONE = ("NOT_APPLICABLE", "no_evidence")


def test_own_list() -> None:
    assert found([own()], files(), dsc()) == KNOWN
    result = check_deviation([foreign(), own()], files(), NOTHING_PASSED, dsc())
    assert dict(result.facts) == {"list_sha256": own().sha256, "deviation": "LDS", "deviations": 1}


def test_no_list_of_the_state() -> None:
    assert found([], files(), dsc()) == NONE
    assert found([foreign()], files(), dsc()) == NONE
    assert found([own()], files(issuing_state="SWE"), dsc()) == NONE
    assert found([own()], files(issuing_state="ZZZ"), dsc()) == NONE
    assert found([replace(own(), state=None)], files(), dsc()) == NONE


def test_the_foreign_list_names_the_document_and_is_not_heard() -> None:
    """The same entry, by a state that it belongs to, is heard: what is refused is the speaker."""
    assert foreign().deviations[0].signer == own().deviations[0].signer
    assert found([replace(foreign(), state="UT")], files(), dsc()) == KNOWN


def test_another_document_signer() -> None:
    other = Certificate.parse(SETTING.issuer(dsc_role="dsc-next").dsc_certificate)
    assert found([own()], files(), other) == SILENT
    # a document of Utopia by its MRZ, signed by the neighbour: no list of either may speak of it
    assert found([own(), foreign()], files(), stranger()) == NONE


def test_an_unknown_document_signer_may_be_the_named_one() -> None:
    assert found([own()], files()) == KNOWN
    assert found([own()], files(), None) == KNOWN


def test_a_second_signer_hides_nothing() -> None:
    other = Certificate.parse(SETTING.issuer(dsc_role="dsc-next").dsc_certificate)
    for dscs in ((other, dsc()), (dsc(), other), (stranger(), dsc()), (None, dsc())):
        assert found([own()], files(), *dscs) == KNOWN
    assert found([own()], files(), other, None) == SILENT


def test_document_without_dg1() -> None:
    assert found([own()], read_files({}, today=AT.date()), dsc()) == ("NOT_PERFORMED", "no_evidence")
    broken = read_files({F.DG1: b"\x61\x02\x5f"}, today=AT.date())
    assert found([own()], broken, dsc()) == ("NOT_PERFORMED", "earlier_step")
    assert found([], broken, dsc()) == NONE


def test_document_number() -> None:
    def listing(*numbers: str) -> DeviationList:
        def edit(entry: Any) -> None:
            entry["documents"]["documentNumbers"].extend(numbers)

        return made(edit, "3.2")

    assert found([listing("UT0000000", "UT0000001")], files(), dsc()) == KNOWN
    assert found([listing("UT0000000", "UT00000010")], files(), dsc()) == SILENT
    result = check_deviation([listing("UT0000001")], files(), NOTHING_PASSED, dsc())
    assert "UT0000001" not in repr(result)
    assert result.facts["deviation"] == "MRZ-WrongCheckDigit"


@pytest.mark.parametrize(
    ("last", "passed", "expected"),
    [
        ("20260630000000Z", True, KNOWN),
        ("20260201000000Z", True, SILENT),
        # a date that nobody signed says nothing
        ("20260201000000Z", False, KNOWN),
    ],
)
def test_date_of_issue(last: str, passed: bool, expected: tuple[str, str | None]) -> None:
    def edit(entry: Any) -> None:
        entry["documents"]["issuingDate"]["firstIssued"] = "20260101000000Z"
        entry["documents"]["issuingDate"]["lastIssued"] = last

    groups = DG12_PASSED if passed else NOTHING_PASSED
    assert found([made(edit, "2.3")], files(), dsc(), groups=groups) == expected


def test_several_deviations_and_lists() -> None:
    several = made(lambda _: None, "2.1", "9.9")
    result = check_deviation([several, own()], files(), NOTHING_PASSED, dsc())
    assert result.facts["deviations"] == 3
    # a SET OF has an order of its own in DER (X.690 §11.6): whichever comes first is named
    assert result.facts["deviation"] in ("LDS-DGMalformed", "2.23.136.1.1.7.9.9")
    assert result.facts["list_sha256"] == several.sha256


def test_an_entry_without_descriptions() -> None:
    (entry,) = own().deviations
    bare = replace(own(), deviations=(replace(entry, descriptions=()),))
    result = check_deviation([bare], files(), NOTHING_PASSED, dsc())
    assert (result.status.value, result.facts["deviation"]) == ("INDETERMINATE", None)

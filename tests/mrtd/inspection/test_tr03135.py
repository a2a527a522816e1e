"""The export in the words of BSI TR-03135-1 v2.5: nothing lost, nothing twice, rolled up by its tables."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from mrtd.evidence import ElementaryFile
from mrtd.inspection import CHECKS, POLICIES, CheckResult, CheckStatus, Reason, judge
from mrtd.inspection.check_definition import threaded
from mrtd.inspection.tr03135 import data_group_integrity, roll_up, to_tr03135
from mrtd.inspection.tr03135_codes import REASON_NUMBERS, VENDOR_RANGE, code_of, codes_markdown
from mrtd.inspection.tr03135_tree import TREE, CodeClass, Note, Rule, TrResult, home, tree_markdown
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen import breakage
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile
from tests.budgets import light
from tests.mrtd.inspection.documents import genuine_document, genuine_issuer, inspected, inspected_files, trust
from tests.mrtd.inspection.reports import good_checks, good_report, report, with_result
from tests.mrtd.inspection.test_judge_properties import reports

DOCS = Path(__file__).resolve().parents[3] / "docs" / "tr03135.md"
NODES = {node.id: node for node in TREE.walk()}
F = ElementaryFile
P, X, U, NP, NA, AB = (
    CheckStatus.PASSED,
    CheckStatus.FAILED,
    CheckStatus.INDETERMINATE,
    CheckStatus.NOT_PERFORMED,
    CheckStatus.NOT_APPLICABLE,
    CheckStatus.ABORTED,
)
S, FAILED, UND, NS, ABORTED = "successful", "failed", "undetermined", "not_supported", "aborted"


def exported(one):
    return to_tr03135(one, judge(one, POLICIES["default"]))


def nodes(one):
    """Every node of the export by its id."""

    def walk(node):
        yield node
        for child in node["children"]:
            yield from walk(child)

    return {node["id"]: node for node in walk(exported(one)["checks"])}


def results(one):
    return {name: node["result"] for name, node in nodes(one).items()}


def integrity(one):
    return {entry["data_group"]: entry["integrity"] for entry in data_group_integrity(one)}


def altered(document, file):
    data = document.files[file]
    return document.with_file(file, data[:-1] + bytes([data[-1] ^ 1]))


# --- the table


def subjects(row):
    """Every kind of subject that a row admits, second signers too."""
    names = [name for name in row.subjects if name not in ("*", "EF.*")]
    names += [file.value for file in ElementaryFile] if "EF.*" in row.subjects else []
    names += ["document_number", "MRZ"] if "*" in row.subjects else []
    return [*names, *(threaded(name, 2) for name in names if row.threaded)]


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_exactly_one_node(check):
    general = [node.id for node in TREE.walk() for own in node.checks if own == check]
    assert len(general) <= 1
    for subject in subjects(CHECKS[check]):
        name = subject.partition("#")[0]
        particular = [node.id for node in TREE.walk() for part in node.parts if part == (check, name)]
        assert len(particular) <= 1
        assert [home(check, subject)] == (particular or general)


def test_the_tree_names_no_check_or_subject_that_does_not_exist():
    assert {check for node in TREE.walk() for check in node.checks} <= set(CHECKS)
    assert all(CHECKS[check].admits_subject(subject) for node in TREE.walk() for check, subject in node.parts)


def test_ids_are_unique_words_and_clauses_those_of_chapter_5():
    everything = list(TREE.walk())
    assert len(NODES) == len(everything)
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", node.id) for node in everything)
    assert all(re.fullmatch(r"5(\.\d+)+", node.section) for node in everything)


#: Where the table of checks names one clause for all subjects of a check.
_BY_SUBJECT = {"pa.algorithms", "lds.parse"}


@pytest.mark.parametrize("check", [check for check in CHECKS if check not in _BY_SUBJECT])
def test_the_clause_of_a_node_is_that_of_its_checks(check):
    """To the depth of 5.6.4.x; the table names 5.6.4.2.1 where the hash is verified by 5.6.4.2.2."""
    ours = CHECKS[check].tr03135.split(".")[:4]
    theirs = NODES[home(check, CHECKS[check].subjects[0])].section.split(".")[:4]
    depth = min(len(ours), len(theirs))
    assert ours[:depth] == theirs[:depth]


def test_what_a_phone_cannot_do_is_said():
    """TR-03135-1 §5.5.4.1.2 and §5.5.4.2 ask for infrared and ultraviolet light."""
    found = nodes(good_report())
    for name in ("mrz_infrared", "spectrally_selective"):
        assert (found[name]["result"], found[name]["note"]) == (NS, "needs_special_light")


def test_every_leaf_has_a_result_and_a_silent_one_a_note():
    for node in TREE.walk():
        if not node.children:
            assert bool(node.checks or node.parts) or node.note is not None
    for node in nodes(good_report()).values():
        assert node["result"] in set(TrResult)


# --- roll-ups

_TABLE_5_44 = [
    ([], NS),
    ([NS], NS),
    ([NS, NS], NS),
    ([S], S),
    ([S, NS], S),
    ([S, UND], UND),
    ([UND, NS], UND),
    ([S, ABORTED], ABORTED),
    ([UND, ABORTED], ABORTED),
    ([NS, ABORTED], ABORTED),
    ([S, FAILED], FAILED),
    ([UND, FAILED], FAILED),
    ([ABORTED, FAILED], FAILED),
    ([NS, FAILED], FAILED),
    ([S, UND, NS, ABORTED, FAILED], FAILED),
    ([S, UND, NS, ABORTED], ABORTED),
    ([S, UND, NS], UND),
]


@pytest.mark.parametrize(("parts", "whole"), _TABLE_5_44)
def test_the_worst_counts(parts, whole):
    """TR-03135-1 Tables 5.44 and 5.55, sentence by sentence."""
    ordered = [TrResult(part) for part in parts]
    assert roll_up(ordered) == roll_up(reversed(ordered)) == whole


@pytest.mark.parametrize(
    ("aa", "ca", "cam", "whole"),
    [
        (S, NS, NS, S),
        (NS, S, NS, S),
        (S, UND, NS, S),
        (NS, NS, NS, NS),
        (UND, NS, NS, UND),
        (FAILED, NS, NS, FAILED),
        (FAILED, UND, UND, FAILED),
        (FAILED, FAILED, FAILED, FAILED),
        (S, ABORTED, NS, ABORTED),
        # stricter than Table 5.23: a clone that passes one proof is a clone (SECURITY.md 2.4)
        (S, FAILED, NS, FAILED),
    ],
)
def test_one_proof_of_the_chip_is_enough(aa, ca, cam, whole):
    """TR-03135-1 Table 5.23."""
    assert roll_up(map(TrResult, (aa, ca, cam)), Rule.ONE_PROOF) == whole
    assert NODES["chip_authenticity"].rule is Rule.ONE_PROOF


@pytest.mark.parametrize(
    ("parts", "whole"),
    [([S], NS), ([S, NS], NS), ([S, UND], UND), ([S, ABORTED], ABORTED), ([S, FAILED], FAILED), ([], NS)],
)
def test_without_what_it_needs_nothing_is_successful(parts, whole):
    """TR-03135-1 Tables 5.17 to 5.20: not supported stands before successful."""
    assert roll_up(map(TrResult, parts), may_succeed=False) == whole


def test_what_access_and_proofs_need():
    """Access was seen, and each proof of the chip is whole, as for `chip_genuine` (docs/checks.md)."""
    assert {node.id: set(node.needs) for node in TREE.walk() if node.needs} == {
        "chip_access": {"access.sm"},
        "bac_or_pace": {"access.protocol"},
        "pace": {"access.pace_downgrade"},
        "active_authentication": {"aa.key", "aa.signature", "aa.challenge_bound"},
        "chip_authentication": {"ca.key", "ca.secure_messaging", "ca.rebind"},
        "pace_cam": {"pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session"},
    }
    assert all(set(node.needs) <= set(node.checks) for node in TREE.walk())


def test_a_usable_key_is_no_proof():
    one = with_result("ca.key", P)
    assert {result.status for result in one.results("ca.secure_messaging")} == {NA}
    assert results(one)["chip_authentication"] == NS


def test_access_that_was_seen_is_successful():
    one = report(
        [replace(one, status=P, reason=None) if one.id.startswith("access.") else one for one in good_checks()]
    )
    assert {results(one)[name] for name in ("pace", "bac_or_pace", "chip_access")} == {S}


def test_a_matching_card_access_in_a_dump_is_no_access():
    one = with_result("access.card_access_signed", P)
    assert {results(one)[name] for name in ("pace", "bac_or_pace", "chip_access")} == {NS}


@pytest.mark.parametrize(
    ("status", "reason", "result"),
    [(P, None, S), (X, Reason.REVOKED, FAILED), (U, Reason.NO_CRL, UND), (NP, None, UND), (AB, None, ABORTED)],
)
def test_a_status_reaches_the_whole_document(status, reason, result):
    """SECURITY.md 1.7, up to the overall result of TR-03135-1 §5.4."""
    found = results(with_result("pa.dsc.revocation", status, reason))
    above = ("ds_certificate_revocation", "ef_sod_issuer_certificates", "issuer_certificates", "chip_content")
    assert {found[name] for name in (*above, "electronic", "document")} == {result}
    assert found["optical"] == found["combined"] == S


def test_not_applicable_is_not_supported():
    found = results(with_result("pa.dsc.revocation", NA))
    assert found["ds_certificate_revocation"] == S, "the CSCA was looked up"
    assert results(with_result("cross.expiry", NA))["expiration"] == NS


def test_a_failed_second_signer_fails_the_node():
    one = report([*good_checks(), CheckResult("pa.sod.signature", X, "EF.SOD#2", Reason.BAD_SIGNATURE)])
    assert results(one)["ef_sod_signature"] == FAILED


def test_an_absent_check_is_undetermined():
    for check in CHECKS:
        if check == "evidence.source":
            continue
        found = nodes(report([one for one in good_checks() if one.id != check]))
        subject = CHECKS[check].subjects[0].replace("EF.*", "EF.SOD")
        node = found[home(check, subject)]
        assert node["result"] == UND
        (code,) = (code for code in node["codes"] if code["check"] == check)
        assert (code["reason"], code["subject"], code["result"]) == ("no_evidence", subject, UND)
        # one successful proof of the chip is enough, whatever became of another
        assert found["document"]["result"] == (S if check.startswith(("ca.", "pace_cam.")) else UND)


def test_the_source_of_evidence_is_told_and_not_counted():
    """TR-03135-1 §3.7: evaluatory checks are left out of the final result."""
    one = with_result("evidence.source", AB)
    found = nodes(one)
    assert (found["evidence_source"]["result"], found["evidence_source"]["note"]) == (ABORTED, Note.EVALUATORY)
    assert found["electronic"]["result"] == S


@light
@given(reports())
def test_any_report_is_exported_whole(whole):
    found = nodes(whole)
    assert set(found) == set(NODES)
    told = [code for node in found.values() for code in node["codes"]]
    silent = [one for one in whole.checks if one.status is P and one.reason is None]
    absent = set(CHECKS) - {one.id for one in whole.checks}
    assert len(told) == len(whole.checks) - len(silent) + len(absent)
    bad = any(one.status is X for one in whole.checks if one.id != "evidence.source")
    assert (found["document"]["result"] == FAILED) == bad


def test_no_policy_and_no_outcome_changes_the_tree():
    one = with_result("pa.dsc.validity_now", X, Reason.EXPIRED)
    told = [to_tr03135(one, judge(one, policy)) for policy in POLICIES.values()]
    assert [value["policy"] for value in told] == list(POLICIES)
    assert len({json.dumps([value["checks"], value["data_groups"]]) for value in told}) == 1
    assert len({value["outcome"] for value in told}) > 1


# --- data groups


@pytest.mark.parametrize(
    ("check", "status", "reason", "sent", "word"),
    [
        ("pa.dg_hash", P, None, True, "identical"),
        ("pa.dg_hash", X, Reason.MISMATCH, True, "not_identical"),
        ("pa.dg_unlisted", X, Reason.NOT_IN_SOD, True, "not_identical"),
        ("pa.dg_hash", NP, Reason.NOT_SENT, False, "present"),
        ("pa.dg_hash", NA, Reason.EAC_PROTECTED, False, "present"),
        ("pa.dg_hash", U, Reason.UNSUPPORTED_ALGORITHM, True, "non_conformance"),
        ("pa.dg_hash", NP, Reason.EARLIER_STEP, True, "non_conformance"),
        ("pa.dg_hash", AB, Reason.CHECK_ERROR, True, "aborted"),
        (None, None, None, True, "aborted"),
        (None, None, None, False, "not_present"),
    ],
)
def test_a_data_group_is_one_of_six_words(check, status, reason, sent, word):
    """TR-03135-1 Table 5.42."""
    checks = [] if check is None else [CheckResult(check, status, "EF.DG3", reason)]
    one = report([*good_checks(), *checks], ["EF.DG1", "EF.DG2", *(["EF.DG3"] if sent else [])])
    assert integrity(one)["EF.DG3"] == word


def test_every_document_has_dg1_and_dg2():
    """ICAO 9303-10 §4.7.1, §4.7.2: both are mandatory, so a dump without them has left them out."""
    found = integrity(report([], []))
    assert [found["EF.DG1"], found["EF.DG2"], found["EF.DG3"]] == ["present", "present", "not_present"]
    assert list(found) == [f"EF.DG{number}" for number in range(1, 17)]


# --- documents


def test_a_genuine_document():
    """With the server's own challenge, the printed MRZ and a CRL, everything that was looked at is successful."""
    one = inspected(genuine_document())
    found = results(one)
    assert {found[name] for name in ("document", "optical", "electronic", "combined")} == {S}
    assert found["active_authentication"] == found["chip_authenticity"] == S
    assert found["chip_authentication"] == found["pace_cam"] == NS
    assert found["chip_access"] == NS
    assert found["expiration"] == found["mrz_against_dg1"] == found["issuing_state"] == S
    sent = {name for name, word in integrity(one).items() if word == "identical"}
    assert sent == {name.value for name in genuine_document().files if name.data_group is not None}


def test_a_claimed_challenge_leaves_the_chip_undetermined():
    """TR-03135-1 Table 5.24: undetermined where information is missing."""
    document = genuine_document()
    found = results(inspected_files(dict(document.files)))
    assert found["active_authentication"] == found["chip_authenticity"] == found["document"] == UND
    assert found["data_group_integrity"] == S


def test_a_changed_dg2():
    """TR-03135-1 Table 5.41: failed if one data group is not identical."""
    one = inspected(altered(genuine_document(), F.DG2))
    found = nodes(one)
    assert integrity(one)["EF.DG2"] == "not_identical"
    assert integrity(one)["EF.DG1"] == "identical"
    failed = {name for name, node in found.items() if node["result"] == FAILED}
    assert {"data_group_integrity", "chip_integrity", "chip_content", "electronic", "document"} <= failed
    assert {"ef_sod", "issuer_certificates", "optical"}.isdisjoint(failed)
    (code,) = (code for code in found["data_group_integrity"]["codes"] if code["result"] == FAILED)
    assert code == {
        "code": 200_008,
        "reason": "mismatch",
        "check": "pa.dg_hash",
        "subject": "EF.DG2",
        "result": FAILED,
    }


def test_no_csca():
    """TR-03135-1 Table 5.33: undetermined without a CSCA certificate; nothing failed."""
    one = inspected(genuine_document(), TrustStore.from_sources([], Realm.SPECIMEN))
    found = results(one)
    assert found["ds_certificate_signature"] == found["trust_status"] == found["issuer_certificates"] == UND
    assert found["csca_certificate_validity"] == UND
    assert found["ds_certificate_validity"] == S
    assert found["ef_sod"] == found["data_group_integrity"] == S
    assert found["active_authentication"] == UND
    assert found["document"] == UND
    assert FAILED not in found.values()


def test_an_expired_document():
    """TR-03135-1 Table 5.45; the chip is none the worse for it."""
    one = inspected(breakage.expired(genuine_issuer(), MARTA))
    found = nodes(one)
    assert found["expiration"]["result"] == found["combined"]["result"] == found["document"]["result"] == FAILED
    assert found["electronic"]["result"] == S
    assert found["expiration"]["codes"] == [
        {"code": 300_051, "reason": "expired", "check": "cross.expiry", "subject": "EF.DG1", "result": FAILED}
    ]


def test_a_clone():
    one = inspected(breakage.clone(genuine_document(), genuine_issuer().algorithms))
    found = results(one)
    assert found["active_authentication"] == found["chip_authenticity"] == found["document"] == FAILED
    assert found["issuer_certificates"] == found["chip_integrity"] == S


def test_no_printed_mrz():
    """TR-03135-1 Tables 5.8 and 5.46: not supported, and never failed, where there is none to look at."""
    found = results(inspected_files(dict(genuine_document().files)))
    assert found["mrz_consistency"] == found["optical"] == found["mrz_against_dg1"] == NS
    assert found["combined"] == S


def test_card_security_has_a_node_of_its_own():
    """TR-03135-1 §5.6.4.2.1: conditional, mandatory if read."""
    absent = nodes(inspected(genuine_document()))
    assert (absent["ef_card_security_signature"]["result"], absent["ef_card_security_signature"]["note"]) == (
        NS,
        Note.NOT_READ,
    )
    document = genuine_issuer().issue(MARTA, IssuingProfile(pace=True, card_security=True))
    read = nodes(inspected(document))
    assert read["ef_card_security"]["result"] == read["ef_card_security_signature"]["result"] == S
    assert "note" not in read["ef_card_security_signature"]
    broken = results(inspected(document.with_file(F.CARD_SECURITY, b"\x30\x03\x02\x01\x00")))
    assert broken["ef_card_security"] == broken["security_objects"] == FAILED
    assert broken["ef_sod"] == S


def test_nothing_personal_leaves():
    document = genuine_document()
    one = inspected(document)
    text = json.dumps(exported(one)).upper()
    first, second = document.mrz_lines
    names = {name for name in re.split("<+", first[5:]) if name}
    assert names
    for personal in (first, second, second[:9], second[13:19], second[21:27], *names):
        assert personal not in text
    for data in document.files.values():
        assert hashlib.sha256(data).hexdigest().upper() not in text


def test_the_head():
    one = inspected(genuine_document())
    told = exported(one)
    assert list(told) == [
        "schema", "tr", "at", "software", "trust_store", "evidence", "document", "policy", "policy_digest", "outcome",
        "data_groups", "checks",
    ]  # fmt: skip
    assert told["schema"] == "passkoll/tr03135/1"
    assert told["tr"] == "03135-1 v2.5"
    assert told["at"] == "2026-11-24T12:00:00Z"
    assert told["trust_store"] == trust().digest
    assert told["document"] == {"issuing_state": "UTO", "document_type": "P"}
    unread = exported(replace(one, issuing_state=None, document_type=None))
    assert unread["document"] == {"issuing_state": None, "document_type": None}


# --- error codes


def test_every_reason_has_a_number_of_its_own():
    assert set(REASON_NUMBERS) == set(Reason)
    assert len(set(REASON_NUMBERS.values())) == len(REASON_NUMBERS)
    assert min(REASON_NUMBERS.values()) > 0


def test_codes_lie_in_the_range_of_vendors_and_tell_the_class():
    """TR-03135-1 §5.3: 1.000 to 999.999; each distinguishes the class of the check."""
    everything = [code_of(one, reason) for one in CodeClass for reason in (None, *Reason)]
    assert len(set(everything)) == len(everything)
    assert all(code in VENDOR_RANGE for code in everything)
    assert {1000, 999_999} <= set(VENDOR_RANGE)
    assert VENDOR_RANGE.start == 1000
    assert VENDOR_RANGE.stop == 1_000_000


@pytest.mark.parametrize(
    ("check", "reason", "code"),
    [
        ("mrz.check_digits", Reason.MISMATCH, 100_008),
        ("pa.dg_hash", Reason.MISMATCH, 200_008),
        ("cross.expiry", Reason.EXPIRED, 300_051),
        ("pa.deviation", Reason.KNOWN_DEVIATION, 200_069),
        ("pa.path", Reason.NO_CSCA, 200_060),
        ("live.timing", Reason.OUTLIER, 200_110),
    ],
)
def test_codes_are_for_ever(check, reason, code):
    """Others have stored these; the whole table is docs/tr03135.md."""
    found = nodes(with_result(check, X, reason))
    subject = home(check, next(one.subject for one in good_checks() if one.id == check))
    assert code in {one["code"] for one in found[subject]["codes"]}


def test_a_passed_check_without_a_remark_has_no_code():
    """TR-03135-1 §5.3: no code means that no error occurred."""
    assert nodes(good_report())["ef_sod_signature"]["codes"] == []
    remark = nodes(with_result("pa.csca.trusted", P, Reason.PROBATION))["trust_status"]
    assert (remark["result"], [code["reason"] for code in remark["codes"]]) == (S, ["probation"])


def test_the_page_for_people_is_up_to_date():
    page = DOCS.read_text(encoding="utf-8")
    assert tree_markdown() in page
    assert page.endswith(codes_markdown())
    for word in (*Note, *TrResult):
        assert f"`{word}`" in page
    for word in ("identical", "not_identical", "present", "not_present", "non_conformance", "aborted"):
        assert f"| `{word}` |" in page

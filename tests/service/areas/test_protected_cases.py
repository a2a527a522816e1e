"""Protected identity over HTTP: hidden from everybody without the role, logged with a reason for those with it."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mrtd.specimen.chip import SpecimenChip
from service.domain.audit import Action
from tests.service.areas.conftest import headers
from tests.service.counter import from_base64url

KUR = ["id_administrator", "protected_identity"]
PLAIN = ["id_administrator", "responsible_issuer", "trust_administrator", "auditor", "system_administrator"]


def entries(services, case: str):
    """The audit trail of a case: action and details."""
    with services.database.reading() as work:
        return [(one.action, dict(one.details)) for one in work.audit.of(case.rpartition("/")[2])]


def shown(client, case: str, **said):
    """GET."""
    return client.get(case, headers=headers(**said))


def without_id(answer) -> tuple[int, dict, dict]:
    """An answer without what differs for each request."""
    body = {name: value for name, value in answer.json().items() if name != "request_id"}
    sent = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length")}
    return answer.status_code, body, sent


def checked(client, document, case: str, key: str, **said) -> dict:
    """The case after its chip was judged."""
    lines = {"lines": list(document.mrz_lines), "source": "app_ocr"}
    assert client.post(f"{case}/mrz", json=lines, headers=headers(**said)).status_code == 200
    made = client.post(f"{case}/chip-challenges", headers=headers(**said))
    body = SpecimenChip(document).to_json_body(from_base64url(made.json()["challenge"]))
    answer = client.post(f"{case}/chip", json=body, headers=headers(key, **said))
    assert answer.status_code == 200, answer.text
    return client.get(case, headers=headers(**said)).json()


def photographed(client, case: str, **said) -> None:
    """A photo of its page was looked at."""
    sent = {**headers(**said), "Content-Type": "image/jpeg"}
    assert client.post(f"{case}/mrz-image", content=b"a photo", headers=sent).status_code == 200


def statistics(services) -> dict[tuple[str, ...], float]:
    """Every number of the metrics that is about cases."""
    about = ("passkoll_steps", "passkoll_judgements", "passkoll_checks", "passkoll_photos", "passkoll_photo_seconds")
    shown = generate_latest(services.telemetry.registry).decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(shown)
        if family.name in about
        for sample in family.samples
        if not sample.name.endswith("_created") and not sample.name.endswith("_sum")
    }


def test_a_marked_case_is_gone_for_those_without_the_role(client, opened) -> None:
    case = opened(key="mine", id="pe_plain", roles=PLAIN)
    assert shown(client, case, id="pe_plain", roles=PLAIN).json()["protected"] is False
    marked = client.post(f"{case}/protect", headers=headers(id="pe_kur", roles=KUR, reason="identity_check"))
    assert marked.status_code == 200, marked.text
    assert marked.json()["protected"] is True
    never = shown(client, "/v1/verifications/vs_" + "A" * 26, id="pe_plain", roles=PLAIN)
    assert without_id(shown(client, case, id="pe_plain", roles=PLAIN)) == without_id(never)
    listed = client.get("/v1/verifications?mine", headers=headers(id="pe_plain", roles=PLAIN))
    assert listed.json() == {"verifications": []}
    # nor is it told again to whoever asked before it was marked (SECURITY.md 7.6)
    again = client.post(
        "/v1/verifications", json={"kind": "reserve_card_no_pnr"}, headers=headers("mine", id="pe_plain", roles=PLAIN)
    )
    assert again.status_code == 404


def test_every_access_needs_a_reason_and_is_written_down(client, services, opened) -> None:
    case = opened({"protected": True}, id="pe_kur", roles=KUR)
    bare = shown(client, case, id="pe_kur", roles=KUR)
    assert (bare.status_code, bare.json()["code"]) == (422, "access_reason_required")
    assert bare.json()["errors"] == [{"pointer": "/header/X-Passkoll-Reason-Code", "code": "missing"}]
    unknown = shown(client, case, id="pe_kur", roles=KUR, reason="because")
    assert unknown.json()["code"] == "access_reason_required"
    assert "because" not in unknown.text
    before = len(entries(services, case))
    assert shown(client, case, id="pe_kur", roles=KUR, reason="support").status_code == 200
    assert entries(services, case)[before:] == [(Action.PROTECTED_CASE_OPENED, {"reason": "support"})]
    # what is refused in the end was an access all the same
    portal = {"id": "cl_portal", "callers": ["portal"], "roles": [], "scopes": ["results", "protected_identity"]}
    late = client.get(f"{case}/result", headers=headers(**portal))
    assert late.status_code == 409
    assert entries(services, case)[-1] == (Action.PROTECTED_CASE_OPENED, {"reason": "own_order"})


def test_protected_cases_stand_in_no_list(client, opened) -> None:
    plain = opened(key="one", id="pe_kur", roles=KUR)
    opened({"protected": True}, key="two", id="pe_kur", roles=KUR)
    listed = client.get("/v1/verifications?mine", headers=headers(id="pe_kur", roles=KUR, reason="support"))
    assert [f"/v1/verifications/{one['id']}" for one in listed.json()["verifications"]] == [plain]


def test_the_mark_needs_the_role_and_stays(client, services, opened) -> None:
    case = opened(id="pe_plain", roles=PLAIN)
    refused = client.post(f"{case}/protect", headers=headers(id="pe_plain", roles=PLAIN, reason="support"))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    bare = client.post(f"{case}/protect", headers=headers(id="pe_kur", roles=KUR))
    assert bare.json()["code"] == "access_reason_required"
    assert shown(client, case, id="pe_plain", roles=PLAIN).json()["protected"] is False
    for _ in range(2):
        answer = client.post(f"{case}/protect", headers=headers(id="pe_kur", roles=KUR, reason="support"))
        assert answer.json()["protected"] is True
    assert [action for action, _ in entries(services, case)].count(Action.PROTECTED) == 1


def test_who_cannot_see_it_cannot_open_it(client) -> None:
    wish = {"kind": "reserve_card_no_pnr", "protected": True}
    answer = client.post("/v1/verifications", json=wish, headers=headers(id="pe_plain", roles=PLAIN))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_new_attempt_inherits_the_protection(client, opened) -> None:
    opened({"order_reference": "order-1", "protected": True}, key="one", id="pe_kur", roles=KUR)
    again = opened({"order_reference": "order-1"}, key="two", id="pe_kur", roles=KUR)
    assert shown(client, again, id="pe_kur", roles=KUR, reason="review").json()["protected"] is True
    # for others there is no such order
    wish = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
    other = client.post("/v1/verifications", json=wish, headers=headers(id="pe_plain", roles=PLAIN))
    assert (other.status_code, other.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("scopes", [None, ["verifications"], ["verifications", "protected_identity"]])
def test_a_portal_needs_the_scope(client, opened, scopes) -> None:
    case = opened({"protected": True}, id="pe_kur", roles=KUR)
    answer = shown(client, case, id="cl_portal", callers=["portal"], roles=[], scopes=scopes)
    assert answer.status_code == (200 if scopes and "protected_identity" in scopes else 404)


def test_another_case_with_the_same_document_names_no_protected_one(client, services, opened, document) -> None:
    """What reviewers are told of other cases (`document_in_other_case`) would lead to it."""
    kur = {"id": "pe_kur", "roles": KUR, "reason": "review", "device": "de_kur"}
    plain = {"id": "pe_plain", "roles": PLAIN}
    checked(client, document, opened({"protected": True}, key="one", **kur), "two", **kur)
    seen = checked(client, document, opened(key="three", **plain), "four", **plain)
    assert seen["findings"] == [
        {"code": "document_in_case_elsewhere", "severity": seen["findings"][0]["severity"], "verification_id": None}
    ]


def test_no_statistics_count_a_protected_case(client, services, opened, document) -> None:
    """The same course moves the numbers as a plain case, and none as a protected one."""
    kur = {"id": "pe_kur", "roles": KUR, "reason": "identity_check", "device": "de_kur"}
    plain = {"id": "pe_plain", "roles": PLAIN, "device": "de_plain"}
    before = statistics(services)
    case = opened({"protected": True}, key="one", **kur)
    photographed(client, case, **kur)
    checked(client, document, case, "two", **kur)
    assert statistics(services) == before
    other = opened(key="three", **plain)
    photographed(client, other, **plain)
    checked(client, document, other, "four", **plain)
    after = statistics(services)
    assert after[("passkoll_judgements_total", "UTO", "verified")] == 1
    assert after[("passkoll_checks_total", "PASSED", "pa.sod.signature")] == 1
    assert after[("passkoll_photos_total", "unreadable")] == 1
    assert after[("passkoll_steps_total", "", "opened")] == 1


def test_nor_do_they_say_how_many_are_marked(client, services, opened) -> None:
    """The mark, the accesses, and the route that marks: each would be that number."""
    statistics(services)
    case = opened(key="one", id="pe_kur", roles=KUR)
    client.post(f"{case}/protect", headers=headers(id="pe_kur", roles=KUR, reason="identity_check"))
    shown(client, case, id="pe_kur", roles=KUR, reason="support")
    numbers = generate_latest(services.telemetry.registry).decode()
    assert "/v1/verifications/{id}" in numbers
    assert "protect" not in numbers

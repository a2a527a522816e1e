"""Those who look after accounts: who may change whom, who vouches, and what ends at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.account_rules import Acting
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.people import Grip
from service.usecases.invite_person import Written
from tests.service.people.office import ORGANISATION, Member, Office, code_of
from tests.service.people.phone import Phone

ADMIN, REVIEWER = Role.SYSTEM_ADMINISTRATOR, Role.ID_ADMINISTRATOR
GONE = (404, "not_found")
#: The worked examples of SKV 704 and of the encyclopaedia; the HSA-ids are invented.
NUMBERS = ("196408233234", "198112289874")
IDENTIFIED = Written(("Åsa", "Ek"), "1985-07-09", "SE2321000016-100A", NUMBERS[0])
SEEN = {"hsa_id": "SE2321000016-100A", "personal_number": NUMBERS[0]}
SOMEBODY = {"given_name": "Bo", "family_name": "Ek", "roles": ["id_administrator"], "areas": ["norr"]}


def put(member: Member, path: str, body: object):
    """PUT with a JSON body."""
    return member.browser.request("PUT", path, json=body)


def grips(office: Office, person: str) -> list[tuple[Grip, str]]:
    """What was done to an account, and by whom."""
    with office.services.database.reading() as work:
        return [(handling.grip, handling.by) for handling in work.people.find(person).handlings]


def test_an_administrator_invites_and_sees_the_organisation(office: Office) -> None:
    admin = office.signed_in(ADMIN)
    made = admin.browser.post("/v1/people", {**SOMEBODY, **SEEN, "born": "1985-07-09"})
    assert made.status_code == 201
    person = made.json()["person"]
    assert (person["status"], person["roles"], person["areas"]) == ("invited", ["id_administrator"], ["norr"])
    assert (person["hsa_id"], person["has_personal_number"], person["identified"]) == (
        "SE2321000016-100A",
        True,
        False,
    )
    assert NUMBERS[0] not in made.text
    offer = office.browser().post("/v1/invitations/show", {"code": made.json()["code"]})
    assert offer.json()["given_name"] == "Bo"
    listed = admin.browser.get("/v1/people").json()["people"]
    assert {found["id"] for found in listed} >= {admin.id, person["id"]}
    assert admin.browser.get(f"/v1/people/{person['id']}").json() == person
    assert grips(office, person["id"]) == [(Grip.CREATED, admin.id)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hsa_id", "232100-0016"),
        ("personal_number", "196408233235"),
        ("personal_number", "6408233234"),
        ("personal_number", "196413233234"),
        ("born", "1885-07-09"),
        ("roles", ["emperor"]),
    ],
    ids=["hsa", "check digit", "ten digits", "month", "birth", "role"],
)
def test_what_cannot_be(office: Office, field: str, value: object) -> None:
    answer = office.signed_in(ADMIN).browser.post("/v1/people", {**SOMEBODY, field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
    assert str(value) not in answer.text


def test_other_roles_change_nothing(office: Office) -> None:
    others = [role for role in Role if role is not ADMIN]
    member, person = office.signed_in(*others), office.member()
    answers = [
        member.browser.post("/v1/people", SOMEBODY),
        member.browser.post(f"/v1/people/{person.id}/reset"),
        put(member, f"/v1/people/{person.id}/roles", {"roles": [], "areas": None}),
        put(member, f"/v1/people/{person.id}/particulars", {"given_name": "A", "family_name": "B"}),
        member.browser.post(f"/v1/people/{person.id}/lock"),
        member.browser.post(f"/v1/people/{person.id}/unlock"),
    ]
    assert {code_of(answer) for answer in answers} == {(403, "forbidden")}


def test_nobody_changes_their_own_account(office: Office) -> None:
    admin = office.signed_in(ADMIN)
    office.member(ADMIN)
    answers = [
        admin.browser.post(f"/v1/people/{admin.id}/reset"),
        put(admin, f"/v1/people/{admin.id}/roles", {"roles": [role.value for role in Role], "areas": None}),
        put(admin, f"/v1/people/{admin.id}/particulars", {"given_name": "A", "family_name": "B"}),
        admin.browser.post(f"/v1/people/{admin.id}/vouch", SEEN),
        admin.browser.post(f"/v1/people/{admin.id}/lock"),
        admin.browser.post(f"/v1/people/{admin.id}/unlock"),
    ]
    assert {code_of(answer) for answer in answers} == {(409, "own_account")}


def test_a_change_needs_a_fresh_proof(office: Office, clock) -> None:
    admin, person = office.signed_in(ADMIN), office.member()
    clock.advance(minutes=5, seconds=1)
    assert code_of(admin.browser.post(f"/v1/people/{person.id}/lock")) == (403, "step_up_required")
    assert office.step_up(admin).status_code == 200
    assert admin.browser.post(f"/v1/people/{person.id}/lock").status_code == 200


def test_another_organisations_people_do_not_exist(office: Office) -> None:
    admin = office.signed_in(ADMIN)
    foreign = office.services.staff.invite(Acting("op", "Region Syd"), IDENTIFIED, frozenset()).person.id
    for name in (foreign, "pe_" + "A" * 26, "x"):
        path = f"/v1/people/{name}"
        answers = [
            admin.browser.get(path),
            admin.browser.post(f"{path}/reset"),
            put(admin, f"{path}/roles", {"roles": [], "areas": None}),
            put(admin, f"{path}/particulars", {"given_name": "A", "family_name": "B"}),
            admin.browser.post(f"{path}/vouch", SEEN),
            admin.browser.post(f"{path}/lock"),
            admin.browser.post(f"{path}/unlock"),
        ]
        assert {code_of(answer) for answer in answers} == {GONE}
    assert foreign not in admin.browser.get("/v1/people").text


class TestRoles:
    def test_they_count_at_once_and_are_written_down(self, office: Office) -> None:
        admin, member = office.signed_in(ADMIN), office.signed_in()
        assert code_of(member.browser.get("/v1/people")) == (403, "forbidden")
        body = {"roles": ["system_administrator"], "areas": ["norr"]}
        assert put(admin, f"/v1/people/{member.id}/roles", body).json()["areas"] == ["norr"]
        assert member.browser.get("/v1/people").status_code == 200
        assert put(admin, f"/v1/people/{member.id}/roles", {"roles": [], "areas": None}).status_code == 200
        assert code_of(member.browser.get("/v1/people")) == (403, "forbidden")
        assert grips(office, member.id)[-2:] == [(Grip.ROLES, admin.id)] * 2

    def test_somebody_is_left_who_can_change_accounts(self, office: Office) -> None:
        one, two = office.signed_in(ADMIN), office.signed_in(ADMIN)
        self.only(office, one, two)
        assert one.browser.post(f"/v1/people/{two.id}/lock").status_code == 200
        operator = Acting("operator", ORGANISATION)
        for change in (
            lambda: office.services.staff.change.lock(operator, one.id),
            lambda: office.services.staff.change.roles(operator, one.id, frozenset({REVIEWER}), None),
        ):
            with pytest.raises(ServiceError) as refused:
                change()
            assert refused.value.code is ProblemCode.LAST_ADMINISTRATOR

    @staticmethod
    def only(office: Office, *kept: Member) -> None:
        """No other administrator than these."""
        with office.services.database.changing() as work:
            for person in work.people.of(ORGANISATION):
                if person.id not in {member.id for member in kept}:
                    work.people.save(replace(person, roles=person.roles - {ADMIN}))


class TestLocks:
    def test_everything_ends_at_once(self, office: Office) -> None:
        admin, member = office.signed_in(ADMIN), office.signed_in(REVIEWER)
        begun = member.browser.post("/v1/sessions/step-up", {"method": "passkey"}).json()
        assert admin.browser.post(f"/v1/people/{member.id}/lock").json()["status"] == "locked"
        assert member.browser.get("/v1/me").status_code == 401
        body = {"assertion": member.keys.get(begun["public_key"])}
        assert code_of(member.browser.post(f"/v1/sign-ins/{begun['id']}", body)) == (403, "sign_in_refused")
        assert code_of(office.sign_in(member)) == (403, "sign_in_refused")
        assert admin.browser.post(f"/v1/people/{member.id}/lock").status_code == 200, "again"
        assert code_of(admin.browser.post(f"/v1/people/{member.id}/reset")) == (409, "wrong_state")
        assert admin.browser.post(f"/v1/people/{member.id}/unlock").json()["status"] == "active"
        assert code_of(admin.browser.post(f"/v1/people/{member.id}/unlock")) == (409, "wrong_state")
        assert member.browser.get("/v1/me").status_code == 401, "no session comes back"
        assert office.sign_in(member).status_code == 200

    def test_an_invitation_ends_with_it(self, office: Office) -> None:
        admin, invited = office.signed_in(ADMIN), office.invite()
        admin.browser.post(f"/v1/people/{invited.person.id}/lock")
        assert admin.browser.post(f"/v1/people/{invited.person.id}/unlock").json()["status"] == "invited"
        assert code_of(office.browser().post("/v1/invitations/show", {"code": invited.code})) == GONE

    def test_a_reset_takes_the_keys_away(self, office: Office) -> None:
        admin, member = office.signed_in(ADMIN), office.signed_in(REVIEWER)
        answer = admin.browser.post(f"/v1/people/{member.id}/reset")
        assert answer.status_code == 201
        assert member.browser.get("/v1/me").status_code == 401
        assert code_of(office.sign_in(member)) == (403, "sign_in_refused")
        assert grips(office, member.id)[-1] == (Grip.RESET, admin.id)
        offer = office.browser().post("/v1/invitations/show", {"code": answer.json()["code"]}).json()
        body = {"code": answer.json()["code"], "registration": member.keys.create(offer["public_key"])}
        assert member.browser.post("/v1/invitations/accept", body).status_code == 201
        member.keys.credentials.pop(0)
        assert office.sign_in(member).status_code == 200


class TestVouching:
    def vouch(self, member: Member, person: str, **changed: object):
        return member.browser.post(f"/v1/people/{person}/vouch", {**SEEN, **changed})

    def test_two_others_make_identifiers_count(self, office: Office) -> None:
        one, two = office.signed_in(ADMIN), office.signed_in(REVIEWER)
        person = office.member(REVIEWER, written=IDENTIFIED).id
        first = self.vouch(one, person).json()
        assert (first["identified"], first["vouched_by"]) == (False, [one.id])
        assert code_of(self.vouch(one, person)) == (409, "already_recorded")
        second = self.vouch(two, person).json()
        assert (second["identified"], second["vouched_by"]) == (True, [one.id, two.id])
        assert grips(office, person)[-2:] == [(Grip.VOUCHED, one.id), (Grip.VOUCHED, two.id)]
        # other particulars are vouched for by nobody
        body = {"given_name": "Åsa", "family_name": "Ek", "hsa_id": "SE2321000016-100A"}
        changed = put(one, f"/v1/people/{person}/particulars", body).json()
        assert (changed["identified"], changed["vouched_by"]) == (False, [])
        assert grips(office, person)[-1] == (Grip.RE_ENROLLED, one.id)

    def test_whoever_vouches_read_it(self, office: Office) -> None:
        one, person = office.signed_in(ADMIN), office.member(written=IDENTIFIED).id
        for changed in ({"hsa_id": "SE2321000016-100B"}, {"personal_number": NUMBERS[1]}, {"hsa_id": None}):
            assert code_of(self.vouch(one, person, **changed)) == (409, "identifiers_differ")
        nothing = office.member().id
        body = {"hsa_id": None, "personal_number": None}
        assert code_of(self.vouch(one, nothing, **body)) == (409, "identifiers_differ")

    def test_an_auditor_does_not_vouch(self, office: Office) -> None:
        auditor, person = office.signed_in(Role.AUDITOR), office.member(written=IDENTIFIED).id
        assert code_of(self.vouch(auditor, person)) == (403, "forbidden")

    def test_a_second_account_of_the_same_person_does_not_vouch(self, office: Office) -> None:
        """Neither for the first account, nor beside another account of the same person."""
        number = replace(IDENTIFIED, hsa_id=None)
        second = office.signed_in(REVIEWER, written=number)
        person = office.member(written=IDENTIFIED).id
        assert code_of(self.vouch(second, person)) == (409, "second_account")
        other = replace(number, personal_number=NUMBERS[1], hsa_id=None)
        one, two = office.signed_in(REVIEWER, written=other), office.signed_in(REVIEWER, written=other)
        assert self.vouch(one, person).status_code == 200
        assert code_of(self.vouch(two, person)) == (409, "second_account")


def test_every_change_is_in_the_audit_trail(office: Office) -> None:
    admin, other = office.signed_in(ADMIN), office.signed_in(REVIEWER)
    person = office.member(written=IDENTIFIED).id
    other.browser.post(f"/v1/people/{person}/vouch", SEEN)
    put(admin, f"/v1/people/{person}/roles", {"roles": ["auditor"], "areas": None})
    put(admin, f"/v1/people/{person}/particulars", {"given_name": "A", "family_name": "B"})
    admin.browser.post(f"/v1/people/{person}/lock")
    admin.browser.post(f"/v1/people/{person}/unlock")
    admin.browser.post(f"/v1/people/{person}/reset")
    with office.services.database.reading() as work:
        text = repr(list(work.audit.rows()))
    for action in (
        "person_invited",
        "invitation_accepted",
        "signed_in",
        "person_vouched",
        "roles_changed",
        "identifiers_changed",
        "person_locked",
        "person_unlocked",
        "person_reset",
    ):
        assert action in text
    assert NUMBERS[0] not in text
    assert "100A" not in text
    assert "Åsa" not in text


@pytest.mark.parametrize("step", ["lock", "reset"])
def test_tokens_of_phones_end_too(office: Office, clock, step: str) -> None:
    admin, member = office.signed_in(ADMIN), office.member(REVIEWER)
    phone = Phone.of(office, clock)
    phone.take_token(phone.exchange(phone.sign_in(member)))
    assert phone.get("/v1/me").json()["id"] == member.id
    assert admin.browser.post(f"/v1/people/{member.id}/{step}").status_code in (200, 201)
    assert code_of(phone.get("/v1/me")) == (401, "unauthenticated")

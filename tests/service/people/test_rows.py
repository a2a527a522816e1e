"""People and what belongs to them, as rows of both databases: sealed, found again, and never two of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service.adapters.backup_opening import key_files
from service.adapters.db import people_tables
from service.adapters.db.vault import Safe
from service.adapters.people_keys import PeopleKeys
from service.domain.accounts import Invitation, Passkey, Password
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.people import Grip, Handling, Person, PersonStatus
from service.domain.sessions import Session
from service.domain.sign_in import Method, SignIn
from service.domain.vault import UnreadableError
from tests.service.conftest import NOW

ID = "pe_AAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER = "pe_BBBBBBBBBBBBBBBBBBBBBBBBBB"
NUMBER = "196408233234"

PERSON = Person(
    ID,
    "Region Väst",
    frozenset({Role.ID_ADMINISTRATOR, Role.AUDITOR}),
    frozenset({"norr", "syd"}),
    PersonStatus.INVITED,
    NOW,
    ("Åsa", "Öhrström"),
    "1985-07-09",
    "SE2321000016-100A",
    None,
    ("pe_CCCCCCCCCCCCCCCCCCCCCCCCCC",),
    (Handling(Grip.CREATED, "operator", NOW),),
    NOW,
)


def test_a_person_comes_back_whole(services) -> None:
    with services.database.changing() as work:
        person = replace(PERSON, personal_number=work.people.digest(NUMBER))
        work.people.add(person)
    with services.database.reading() as work:
        assert work.people.find(ID) == person
        assert work.people.of(PERSON.organisation) == [person]
        assert work.people.by_hsa_id(PERSON.organisation, "se2321000016-100a") == person
        assert work.people.digest(NUMBER) == person.personal_number
        assert work.people.find(OTHER) is None
        assert work.people.by_hsa_id("another organisation", "SE2321000016-100A") is None
        assert work.people.of("another organisation") == []


def test_what_changes_is_kept_and_handlings_are_only_added(services) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
    vouched = Handling(Grip.VOUCHED, OTHER, NOW + timedelta(hours=1))
    changed = replace(
        PERSON,
        roles=frozenset({Role.RESPONSIBLE_ISSUER}),
        areas=None,
        status=PersonStatus.ACTIVE,
        hsa_id="SE2321000016-100B",
        handlings=(*PERSON.handlings, vouched),
    )
    with services.database.changing() as work:
        work.people.save(changed)
        work.people.save(changed)
    with services.database.reading() as work:
        assert work.people.find(ID) == changed
        assert work.people.by_hsa_id(PERSON.organisation, "SE2321000016-100A") is None


def test_an_hsa_id_is_of_one_person_of_an_organisation(services) -> None:
    second = replace(PERSON, id=OTHER, hsa_id="se2321000016-100a")
    with services.database.changing() as work:
        work.people.add(PERSON)
        with pytest.raises(ServiceError) as refused:
            work.people.add(second)
        assert refused.value.code is ProblemCode.ALREADY_IN_USE
        work.people.add(replace(second, organisation="another organisation"))
        work.people.save(PERSON)
    with services.database.reading() as work:
        assert [person.id for person in work.people.of("another organisation")] == [OTHER]


def test_the_database_alone_names_nobody(services) -> None:
    with services.database.changing() as work:
        work.people.add(replace(PERSON, personal_number=work.people.digest(NUMBER)))
        work.accounts.set_password(Password(ID, "asa.ohrstrom", "$argon2id$hash", NOW))
    with services.database.engine.connect() as connection:
        tables = (people_tables.people, people_tables.passwords)
        rows = [row for table in tables for row in connection.execute(select(table))]
    text = repr(rows) + "".join(
        bytes(value).decode("latin-1") for row in rows for value in row if isinstance(value, bytes | memoryview)
    )
    for secret in ("Åsa", "hrstr", "1985", "232100", NUMBER, "asa.", "argon2"):
        assert secret not in text
    assert "hrstr" not in repr(PERSON)
    assert "232100" not in repr(PERSON)


def test_what_is_moved_to_another_row_does_not_open(services) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
        work.people.add(replace(PERSON, id=OTHER, hsa_id=None, names=("Bo", "Ek")))
    table = people_tables.people
    with services.database.engine.begin() as connection:
        names = connection.execute(select(table.c.names).where(table.c.id == ID)).scalar_one()
        connection.execute(update(table).where(table.c.id == OTHER).values(names=names))
    with services.database.reading() as work:
        assert work.people.find(ID) == PERSON
        with pytest.raises(UnreadableError):
            work.people.find(OTHER)


def _fresh_keys(safe: Safe) -> PeopleKeys:
    """As another process sees the store."""
    return PeopleKeys(safe.epochs._objects, safe.provider, safe.randomness)


def test_another_process_opens_the_same(services) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
    safe = services.database.safe
    mine, other = safe.epochs.people.cipher(), _fresh_keys(safe).cipher()
    assert other.open("t", "c", "r", mine.seal("t", "c", "r", b"x")) == b"x"
    assert other.index("p", "x") == mine.index("p", "x")
    assert other.index("q", "x") != mine.index("p", "x")


def test_a_lost_key_is_not_begun_anew(services, settings) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
    safe = services.database.safe
    safe.epochs._objects.delete("people/1")
    safe.epochs.people._known = None
    with services.database.reading() as work, pytest.raises(UnreadableError):
        work.people.find(ID)
    with services.database.changing() as work, pytest.raises(UnreadableError):
        work.people.add(replace(PERSON, id=OTHER))


def test_a_new_master_key_wraps_the_key_of_people(services) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
    safe = services.database.safe
    safe.provider.rotate()
    assert _fresh_keys(safe).rewrap() == 1
    assert _fresh_keys(safe).rewrap() == 0
    sealed = safe.epochs.people.cipher().seal("t", "c", "r", b"x")
    assert _fresh_keys(safe).cipher().open("t", "c", "r", sealed) == b"x"


def test_a_backup_of_the_keys_holds_that_of_people(services, settings, tmp_path) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
    key_files(settings).save(tmp_path / "keys.json")
    safe = services.database.safe
    safe.epochs._objects.delete("people/1")
    safe.epochs.people._known = None
    key_files(settings).put_back(tmp_path / "keys.json")
    with services.database.reading() as work:
        assert work.people.find(ID) == PERSON


def test_an_invitation_is_used_once_and_the_next_one_ends_it(services) -> None:
    def invitation(digest: str) -> Invitation:
        return Invitation(digest * 64, ID, b"c" * 32, "operator", NOW, NOW + timedelta(hours=24))

    with services.database.changing() as work:
        work.people.add(PERSON)
        work.accounts.invite(invitation("a"))
        work.accounts.invite(invitation("b"))
    with services.database.changing() as work:
        assert not work.accounts.use_invitation("a" * 64, NOW)
        assert work.accounts.use_invitation("b" * 64, NOW)
        assert not work.accounts.use_invitation("b" * 64, NOW)
        assert work.accounts.invitation("c" * 64) is None
        assert work.accounts.invitation("b" * 64) == replace(invitation("b"), used_at=NOW)


def test_a_credential_is_registered_once(services) -> None:
    passkey = Passkey(b"\x00credential", ID, b"cose", 7, backed_up=False, added_at=NOW)
    with services.database.changing() as work:
        work.people.add(PERSON)
        work.people.add(replace(PERSON, id=OTHER, hsa_id=None))
        work.accounts.add_passkey(passkey)
        with pytest.raises(ServiceError) as refused:
            work.accounts.add_passkey(replace(passkey, person=OTHER))
        assert refused.value.code is ProblemCode.ALREADY_IN_USE
        assert work.accounts.passkey(b"\x00credential") == passkey
        later = replace(passkey, counter=9, used_at=NOW)
        assert work.accounts.used_passkey(later, before=7)
        assert not work.accounts.used_passkey(replace(passkey, counter=10, used_at=NOW), before=7)
        assert work.accounts.passkeys(ID) == [later]
        assert work.accounts.remove_passkeys(ID) == 1
        assert work.accounts.passkeys(ID) == []


def test_a_login_name_is_of_one_account(services) -> None:
    with services.database.changing() as work:
        work.people.add(PERSON)
        work.people.add(replace(PERSON, id=OTHER, hsa_id=None))
        work.accounts.set_password(Password(ID, "Åsa", "one", NOW))
        work.accounts.set_password(Password(ID, "Åsa", "two", NOW))
        with pytest.raises(ServiceError):
            work.accounts.set_password(Password(OTHER, "åSA", "three", NOW))
        found = work.accounts.password("åsa")
        assert (found.person, found.hash) == (ID, "two")
        assert work.accounts.has_password(ID)
        assert not work.accounts.has_password(OTHER)
        assert work.accounts.remove_password(ID)
        assert work.accounts.password("åsa") is None


def test_sessions_end_and_are_forgotten(services) -> None:
    def session(name: str, **changed: object) -> Session:
        return replace(
            Session(name, ID, ("passkey",), NOW, NOW, NOW, NOW + timedelta(hours=10), approves="ab" * 32), **changed
        )

    with services.database.changing() as work:
        work.people.add(PERSON)
        for name in ("ss_1", "ss_2", "ss_3"):
            work.sessions.add(session(name), name * 8)
        work.sessions.seen("ss_1", NOW + timedelta(minutes=5))
        work.sessions.seen("ss_1", NOW + timedelta(minutes=4))
        assert work.sessions.end("ss_2", NOW)
        assert not work.sessions.end("ss_2", NOW)
        assert work.sessions.of(ID) == [session("ss_1", seen_at=NOW + timedelta(minutes=5)), session("ss_3")]
        assert work.sessions.by_digest("ss_2" * 8) == session("ss_2", ended_at=NOW)
        assert work.sessions.find("ss_3") == session("ss_3")
        assert work.sessions.by_digest("ss_9" * 8) is None
        work.sessions.forget_before(NOW + timedelta(seconds=1))
        assert work.sessions.find("ss_2") is None
        assert work.sessions.end_all(ID, NOW) == 2
        work.sessions.forget_before(NOW + timedelta(days=1))
        assert work.sessions.find("ss_1") is None


def test_a_sign_in_ends_once_and_its_verifier_is_sealed(services) -> None:
    sign_in = SignIn(
        "si_1",
        Method.OIDC,
        NOW,
        NOW + timedelta(minutes=5),
        b"c" * 64,
        "b" * 64,
        None,
        None,
        None,
        "ab" * 32,
        "vs_1",
        "d" * 64,
        "nonce",
        "the verifier of PKCE",
        "/console/",
    )
    with services.database.changing() as work:
        work.people.add(PERSON)
        work.sign_ins.add(sign_in)
        assert work.sign_ins.take_try("si_1", 1)
        assert not work.sign_ins.take_try("si_1", 1)
        assert work.sign_ins.find("si_1") == replace(sign_in, tries=1)
        assert work.sign_ins.by_state("d" * 64) == replace(sign_in, tries=1)
        assert work.sign_ins.by_state("e" * 64) is None
        assert work.sign_ins.end("si_1", NOW)
        assert not work.sign_ins.end("si_1", NOW)
        assert not work.sign_ins.take_try("si_1", 9)
    with services.database.engine.connect() as connection:
        kept = connection.execute(select(people_tables.sign_ins.c.verifier)).scalar_one()
    assert b"PKCE" not in kept
    with services.database.changing() as work:
        work.sign_ins.forget_before(NOW + timedelta(minutes=6))
        assert work.sign_ins.find("si_1") is None

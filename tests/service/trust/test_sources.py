"""What documents are judged by: the store that two people activated, at once, whole, or nothing."""

from __future__ import annotations

import hashlib
import threading

import pytest
from sqlalchemy import text, update

from mrtd.pki import store_file
from mrtd.pki.administration import pin_anchors, resolve
from mrtd.pki.holdings import Holdings
from mrtd.pki.realm import Realm
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.issuer import SpecimenIssuer
from service import wiring
from service.adapters.db import tables
from service.adapters.trust_sources import FixedTrust
from service.domain.errors import ConfigurationError, ProblemCode, ServiceError
from service.settings import Settings
from tests.service.counter import Counter
from tests.service.trust.world import Office


def pa_path(answer) -> tuple[str, str | None]:
    (found,) = (check for check in answer["report"]["checks"] if check["id"] == "pa.path")
    return found["status"], found["reason"]


def test_before_the_first_activation_nobody_is_trusted(desk: Counter, document) -> None:
    answer = desk.read_chip(desk.captured(document), document)
    assert pa_path(answer) == ("INDETERMINATE", "no_trust_anchor")
    assert answer["reason"] == "no_trust_anchor"


def test_a_draft_changes_nothing(desk: Counter, office: Office, issuer: SpecimenIssuer, document) -> None:
    office.pins(issuer.csca_certificate, issuer.crl)
    answer = desk.read_chip(desk.captured(document), document)
    assert pa_path(answer) == ("INDETERMINATE", "no_trust_anchor")


def test_the_next_judgement_uses_what_another_process_activated(
    desk: Counter, office: Office, judging, issuer: SpecimenIssuer, document
) -> None:
    """The service runs all the while; the office has its own connections."""
    empty = judging.trust.current()
    office.pins(issuer.csca_certificate, issuer.crl)
    first = office.activate()
    answer = desk.read_chip(desk.captured(document), document)
    assert answer["state"] == "checked"
    assert answer["report"]["trust_store"] == first.digest != empty.digest
    assert judging.trust.current() is judging.trust.current()
    # two people distrust the anchor: the very next passport is not vouched for
    (anchor,) = judging.trust.current().anchors
    office.trust.decide.distrust(_anna(), anchor.sha256, "the key was lost")
    second = office.activate()
    answer = desk.read_chip(desk.captured(document), document)
    assert answer["report"]["trust_store"] == second.digest
    assert pa_path(answer)[1] in ("no_csca", "no_trust_anchor")


def _anna():
    from tests.service.trust.world import ANNA

    return ANNA


def test_facts_are_found_once_a_store(desk: Counter, office: Office, judging, issuer, others, document) -> None:
    """SECURITY.md 3.9: the second passport of a DSC costs no path, and another store forgets all."""
    cache = judging.submit_chip.judging.cache
    assert judging.capture_mrz.judging.cache is cache
    activated(office, issuer)
    desk.checked(document)
    misses = cache.misses
    desk.checked(document)
    assert cache.misses == misses
    assert cache.hits > 0
    office.pins(others.csca_certificate)
    office.activate()
    desk.checked(document)
    assert cache.misses > misses


def damage(judging: wiring.Services, **values: object) -> None:
    with judging.database.engine.begin() as connection:
        connection.execute(update(tables.trust_stores).values(**values))


def activated(office: Office, issuer: SpecimenIssuer) -> bytes:
    office.pins(issuer.csca_certificate, issuer.crl)
    return office.trust.show.stored(office.activate().digest).file


def test_a_damaged_store_judges_nobody(
    desk: Counter, judging, office: Office, issuer: SpecimenIssuer, document
) -> None:
    """Fail closed: 503, nothing is stored, and the case goes on once the store is whole."""
    case = desk.captured(document)
    body = SpecimenChip(document).to_json_body(desk.challenge(case))
    file = activated(office, issuer)
    place = file.index(issuer.csca_certificate)
    damage(judging, file=file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :])
    answer = desk.post(f"{case}/chip", body)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert int(answer.headers["retry-after"]) > 0
    assert desk.get(case).json()["state"] == "mrz_captured"
    assert desk.client.get("/v1/health/ready").status_code == 200
    damage(judging, file=file)
    assert desk.post(f"{case}/chip", body).json()["state"] == "checked"


def test_an_older_store_is_never_used_instead(
    desk: Counter, judging, office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """The new store drops the anchor and is damaged: the old one would have verified the passport."""
    activated(office, issuer)
    assert desk.read_chip(desk.captured(document), document)["state"] == "checked"
    case = desk.captured(document)
    body = SpecimenChip(document).to_json_body(desk.challenge(case))
    office.pins(others.csca_certificate)
    digest = office.activate().digest
    with judging.database.engine.begin() as connection:
        table = tables.trust_stores
        connection.execute(update(table).where(table.c.digest == digest).values(file=b"nothing"))
    assert desk.post(f"{case}/chip", body).status_code == 503


@pytest.mark.parametrize("what", ["another file", "its hash too", "another realm"])
def test_what_two_people_did_not_activate_is_refused(
    judging, office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, what: str
) -> None:
    """Whoever can write one table cannot bring an anchor in: the activation names the holdings."""
    activated(office, issuer)
    realm = Realm.PRODUCTION if what == "another realm" else Realm.SPECIMEN
    pinned = (others.csca_certificate,) if realm is Realm.SPECIMEN else ()
    holdings = pin_anchors(Holdings(realm), pinned) if pinned else Holdings(realm)
    file = store_file.write(holdings, resolve(holdings).store)
    values = {"file": file} if what == "another file" else {"file": file, "file_sha256": _sha256(file)}
    damage(judging, **values)
    with pytest.raises(ServiceError) as refused:
        judging.trust.current()
    assert refused.value.code is ProblemCode.NOT_READY


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_compiled_by_hand_it_is_made_anew_from_the_holdings(
    judging, office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer
) -> None:
    """A file with the activated holdings and another store in it, as software of another version would make it."""
    import dataclasses

    activated(office, issuer)
    holdings = store_file.read_holdings(office.trust.show.stored(_active(office)).file)
    genuine = resolve(holdings).store
    smuggled = resolve(pin_anchors(Holdings(Realm.SPECIMEN), (others.csca_certificate,))).store
    doctored = dataclasses.replace(genuine, anchors=(*genuine.anchors, *smuggled.anchors))
    file = store_file.write(holdings, doctored)
    assert store_file.read(file).digest == doctored.digest
    damage(judging, file=file, file_sha256=_sha256(file))
    assert judging.trust.current() == genuine


def _active(office: Office) -> str:
    active = office.trust.show().active
    assert active is not None
    return active.digest


def test_many_threads_open_it_once(judging, office: Office, issuer: SpecimenIssuer, monkeypatch) -> None:
    from service.adapters import trust_sources

    activated(office, issuer)
    opened, original = [], trust_sources.open_store

    def counted(*arguments):
        opened.append(1)
        return original(*arguments)

    monkeypatch.setattr(trust_sources, "open_store", counted)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(judging.trust.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == len(opened) == 1


def test_what_the_operator_names_wins(settings: Settings, office: Office, others: SpecimenIssuer, clock) -> None:
    """`--trust` is fixed for the life of the process, whatever is activated."""
    office.pins(others.csca_certificate)
    office.activate()
    wired = wiring.wire(settings, clock=clock)
    assert isinstance(wired.trust, FixedTrust)
    assert [anchor.provenance.kind.value for anchor in wired.trust.current().anchors] == ["operator"]
    wired.close()


def test_an_activation_between_photo_and_review_lapses_nothing_silently(
    desk: Counter, office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    """A report names the store that it rests on, and goes on naming it."""
    activated(office, issuer)
    case = desk.checked(document)
    before = desk.get(case).json()
    office.pins(others.csca_certificate)
    office.activate()
    assert desk.get(case).json()["report"] == before["report"]


def test_a_table_that_is_missing_stops_the_start(administered: Settings, office: Office) -> None:
    with wiring.open_database(administered).engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(ConfigurationError, match="0001"):
        wiring.wire(administered)
    with pytest.raises(ConfigurationError, match="0001"):
        wiring.administer_trust(administered)

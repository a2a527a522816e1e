"""Traces are keyed, kept for their own time, and written by one transaction after the other."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore
from sqlalchemy import select

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from mrtd.lds import dg1
from service.adapters.blobs import RemoteObjects
from service.adapters.db.duplicate_tables import traces
from service.adapters.db.tables import metadata
from service.adapters.system import SystemRandomness
from service.adapters.trace_keys import LONGEST_KEPT, YearlyTraceKeys
from service.domain.duplicates import Finding, FindingCode, Severity, Trace, TracePurpose, refusal
from service.domain.jobs import JobKind
from service.domain.review import decision_hash
from service.domain.vault import UnreadableError, WrappedKey
from service.domain.verification import State
from service.settings import Settings
from service.usecases.duplicate_traces import traces_of
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter
from tests.service.findings import JUDGED, case

TRACE = Trace(TracePurpose.DOCUMENT, ("UTO", "L898902C3", "P"))


class Provider:
    """A master key that hides nothing, and remembers what for."""

    def wrap(self, secret: bytes, context: bytes) -> WrappedKey:
        return WrappedKey("m1", context + secret)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        if not wrapped.data.startswith(context):
            raise UnreadableError
        return wrapped.data.removeprefix(context)


def keys(objects: RemoteObjects) -> YearlyTraceKeys:
    return YearlyTraceKeys(objects, Provider(), SystemRandomness())


@pytest.fixture
def objects() -> RemoteObjects:
    return RemoteObjects(MemoryStore())


def test_a_digest_is_an_hmac_under_a_key_of_the_year(objects: RemoteObjects) -> None:
    """By the HMAC of another library."""
    (digest,) = keys(objects).digests(TRACE, NOW)
    assert [name for name, _ in objects.listing()] == ["traces/2026"]
    key = cbor2.loads(objects.read("traces/2026").data)["key"][-32:]
    oracle = HMAC(key, SHA256())
    oracle.update(b'["document","UTO","L898902C3","P"]')
    assert digest == oracle.finalize().hex()


def test_two_replicas_agree_and_each_year_has_its_own(objects: RemoteObjects) -> None:
    one, other = keys(objects), keys(objects)
    last_year = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    (old,) = one.digests(TRACE, last_year)
    new, before = other.digests(TRACE, NOW)
    assert (before, one.digests(TRACE, NOW)) == (old, (new, before))
    assert new != old


def test_old_keys_are_destroyed_and_no_earlier(objects: RemoteObjects) -> None:
    held = keys(objects)
    for year in (2024, 2025, 2026):
        held.digests(TRACE, datetime(year, 6, 1, tzinfo=UTC))
    assert held.forget_old(NOW) == 1
    assert sorted(name for name, _ in objects.listing()) == ["traces/2025", "traces/2026"]
    assert held.forget_old(NOW) == 0


def test_no_trace_outlives_its_key() -> None:
    """The keys of two years find whatever may be kept."""
    longest = max(field.le for field in Settings.model_fields["trace_days"].metadata if hasattr(field, "le"))
    assert timedelta(days=longest) <= LONGEST_KEPT <= timedelta(days=365)


def test_a_damaged_key_is_no_key(objects: RemoteObjects) -> None:
    """A new one would forget every document without a word."""
    objects.create("traces/2026", b"damaged")
    with pytest.raises(UnreadableError):
        keys(objects).digests(TRACE, NOW)


texts = st.lists(st.text(max_size=4), max_size=3).map(tuple)


@given(st.sampled_from(TracePurpose), texts, st.sampled_from(TracePurpose), texts)
def test_different_traces_have_different_octets(one, parts, other, others) -> None:
    same = (one, parts) == (other, others)
    assert (Trace(one, parts).octets == Trace(other, others).octets) is same


def test_what_cannot_be_read_leaves_no_trace(document) -> None:
    broken = ChipEvidence({ElementaryFile.DG1: b"\x61\x00"})
    assert traces_of(broken, NOW) == []
    whole = traces_of(ChipEvidence(dict(document.files)), NOW)
    assert [trace.purpose for trace in whole] == [
        TracePurpose.DOCUMENT,
        TracePurpose.HOLDER,
        TracePurpose.SECURITY_OBJECT,
    ]
    assert document.mrz_lines[1][:9] not in repr(whole)


@pytest.mark.parametrize(("octets", "traced"), [(0, False), (27, False), (28, True), (256, True)])
def test_what_is_no_signature_is_no_answer(octets: int, traced: bool) -> None:
    """Two chips that answer nothing did not replay each other."""
    answer = ActiveAuthenticationResponse(bytes(8), bytes(octets))
    assert bool(traces_of(ChipEvidence({}, answer), NOW)) is traced


def test_no_plain_hash_stands_in_any_row(counter: Counter, services, document) -> None:
    """Neither of the number nor of the security object, however it is put together."""
    counter.checked(document)
    fields = dg1.parse(document.files[ElementaryFile.DG1], today=NOW.date()).document.fields
    sod = document.files[ElementaryFile.SOD]
    number = fields.document_number
    names = [fields.primary_identifier, fields.secondary_identifier]
    plain = [sod, sod.hex().encode(), *(trace.octets for trace in traces_of_document(document))]
    for text in (number, number.lower(), f"UTO{number}", f"P{number}", f"UTO{number}P", *names, "".join(names)):
        plain.append(text.encode())
    hashes = {
        made
        for octets in plain
        for algorithm in ("sha1", "sha256", "sha512", "md5")
        for made in (hashlib.new(algorithm, octets).hexdigest(), hashlib.new(algorithm, octets).digest().hex())
    }
    with services.database.engine.connect() as connection:
        kept = [
            value.hex() if isinstance(value, bytes) else str(value)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]
        digests = set(connection.execute(select(traces.c.digest)).scalars())
    assert len(digests) == 4
    assert not [one for one in kept if any(made in one for made in hashes)]


def traces_of_document(document) -> list[Trace]:
    return list(traces_of(ChipEvidence(dict(document.files)), NOW))


def test_traces_end_with_their_time_and_findings_stay(
    counter: Counter, services, document, clock: ManualClock
) -> None:
    counter.checked(document)
    second = counter.checked(document)
    with services.database.engine.connect() as connection:
        assert len(connection.execute(select(traces)).all()) == 8
    services.run_jobs.prepare()
    clock.advance(days=31)
    while services.run_jobs({JobKind.EXPIRE, JobKind.PURGE}) is not None:
        pass
    with services.database.engine.connect() as connection:
        assert connection.execute(select(traces)).all() == []
    assert [one["code"] for one in counter.get(second).json()["findings"]] == ["document_in_other_case"]


def test_of_two_at_the_same_time_the_later_one_hears_of_the_other(services) -> None:
    """Without the lock of PostgreSQL neither would."""
    traced = {TracePurpose.DOCUMENT: ("d" * 64,)}
    since = NOW - timedelta(days=1)
    database = services.database
    with database.changing() as work:
        for name in ("vs_A", "vs_B"):
            work.verifications.add(replace(case(State.CHECKED), id=name))
    began, seen = threading.Event(), []

    def second() -> None:
        began.set()
        with database.changing() as work:
            work.traces.hold(traced)
            seen.extend(work.traces.undecided(traced[TracePurpose.DOCUMENT], since, besides="vs_B"))

    thread = threading.Thread(target=second)
    with database.changing() as work:
        work.traces.hold(traced)
        thread.start()
        began.wait(10)
        work.traces.add("vs_A", traced, NOW)
    thread.join(30)
    assert seen == ["vs_A"]


def test_one_answer_of_a_chip_belongs_to_one_verification(services) -> None:
    """The index is the last line of defence."""
    traced = {TracePurpose.CHIP_ANSWER: ("a" * 64,)}
    with services.database.changing() as work:
        for name in ("vs_A", "vs_B"):
            work.verifications.add(replace(case(State.CHECKED), id=name))
            work.traces.add(name, traced, NOW)
    with services.database.engine.connect() as connection:
        assert connection.execute(select(traces.c.verification_id)).scalars().all() == ["vs_A"]


def test_only_a_replay_refuses() -> None:
    for code in FindingCode:
        refuses = code is FindingCode.CHIP_ANSWER_REPLAYED
        assert (Finding(code).severity is Severity.REFUSED) is refuses
        assert (refusal([Finding(code)]) is not None) is refuses
    assert refusal([]) is None


def test_a_finding_changes_what_reviews_are_bound_to() -> None:
    one, other = (
        Finding(FindingCode.DOCUMENT_IN_OTHER_CASE, "vs_A"),
        Finding(FindingCode.DOCUMENT_IN_OTHER_CASE, "vs_B"),
    )
    hashes = {decision_hash(JUDGED, (), None, found) for found in ((), (one,), (other,), (one, other))}
    assert len(hashes) == 4

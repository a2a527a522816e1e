"""Data keys, places and erasure, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, select, update

from service.adapters.db.vault_tables import blobs, data_keys
from service.domain.errors import ProblemCode, ServiceError
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, ErasedError, StorageUnavailableError, UnreadableError
from tests.service.conftest import NOW
from tests.service.vault.conftest import Installation, place

PLAIN = b"P<UTOAAKERSTROEM<<MARTA"
HOLDER, PORTRAIT, EVIDENCE = RetentionClass.HOLDER, RetentionClass.PORTRAIT, RetentionClass.EVIDENCE


def sealed(installation: Installation, at=None) -> bytes:
    with installation.database.changing() as work:
        return work.vault.seal(at or place(), PLAIN)


def opened(installation: Installation, octets: bytes, at=None) -> bytes:
    with installation.database.reading() as work:
        return work.vault.open(at or place(), octets)


def erase(installation: Installation, retention: RetentionClass, verification_id: str = "vs_A") -> None:
    with installation.database.changing() as work:
        work.vault.erase(verification_id, retention)


def test_another_process_opens_it(installation: Installation) -> None:
    assert opened(installation.other_process(), sealed(installation)) == PLAIN


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"verification_id": "vs_B"},
        {"retention": EVIDENCE},
        {"table": "reviews"},
        {"column": "reason"},
        {"row": "2"},
        {"row": "11"},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
def test_what_is_moved_does_not_open(installation: Installation, elsewhere: dict) -> None:
    octets = sealed(installation)
    there = place(**elsewhere)
    sealed(installation, there)
    with pytest.raises(UnreadableError):
        opened(installation, octets, there)


def test_a_data_key_of_another_verification_does_not_open(installation: Installation) -> None:
    """Whoever writes to the database cannot give one verification the key of another."""
    sealed(installation)
    octets = sealed(installation, place(verification_id="vs_B"))
    with installation.database.engine.begin() as connection:
        stolen = connection.execute(select(data_keys.c.wrapped).where(data_keys.c.verification_id == "vs_B")).scalar()
        connection.execute(update(data_keys).where(data_keys.c.verification_id == "vs_A").values(wrapped=stolen))
    with pytest.raises(UnreadableError):
        opened(installation, octets)


@pytest.mark.parametrize("column", ["wrapped", "epoch", "version"])
def test_a_changed_key_row_does_not_open(installation: Installation, column: str) -> None:
    octets = sealed(installation)
    # the epoch of the other value exists as well
    installation.clock.advance(days=40)
    sealed(installation, place(verification_id="vs_B"))
    value = b"\x01" + bytes(60) if column == "wrapped" else "2027-01"
    with installation.database.engine.begin() as connection:
        connection.execute(update(data_keys).where(data_keys.c.verification_id == "vs_A").values({column: value}))
    with pytest.raises(UnreadableError):
        opened(installation.other_process(), octets)


def test_without_its_key_row_it_is_unreadable_and_not_erased(installation: Installation) -> None:
    octets = sealed(installation)
    with installation.database.engine.begin() as connection:
        connection.execute(delete(data_keys))
    with pytest.raises(UnreadableError) as refused:
        opened(installation, octets)
    assert refused.value.code is ProblemCode.RECORD_UNREADABLE


def test_what_is_erased_is_gone_for_every_process(installation: Installation) -> None:
    octets, other = sealed(installation), installation.other_process()
    assert opened(other, octets) == PLAIN
    erase(installation, HOLDER)
    for process in (installation, other, installation.other_process()):
        with pytest.raises(ErasedError):
            opened(process, octets)
        with process.database.reading() as work:
            assert work.vault.erased("vs_A") == {HOLDER}


def test_erasure_is_of_one_class_and_one_verification(installation: Installation) -> None:
    others = [place(verification_id="vs_B"), place(retention=EVIDENCE)]
    kept = [sealed(installation, other) for other in others]
    sealed(installation)
    erase(installation, HOLDER)
    assert [opened(installation, octets, other) for octets, other in zip(kept, others, strict=True)] == [PLAIN] * 2


def test_who_began_to_read_before_an_erasure_is_told_of_it(installation: Installation) -> None:
    """Pictures go at the decision, while the portal fetches the result: its transaction still sees their rows."""
    where = place(retention=PORTRAIT)
    with installation.database.changing() as work:
        work.vault.store(where, PLAIN)
    with installation.database.reading() as work:
        assert work.vault.erased("vs_A") == frozenset()
        erase(installation, PORTRAIT)
        with pytest.raises(ErasedError):
            work.vault.fetch(where)


def test_the_key_is_gone_from_the_row(installation: Installation) -> None:
    sealed(installation)
    erase(installation, HOLDER)
    erase(installation, HOLDER)
    with installation.database.engine.connect() as connection:
        row = connection.execute(select(data_keys)).one()
    assert row.wrapped is None
    assert row.erased_at == NOW


def test_what_was_erased_is_not_begun_anew(installation: Installation) -> None:
    """A request that was under way must not leave something behind that nobody erases."""
    erase(installation, HOLDER)
    with pytest.raises(ErasedError):
        sealed(installation)


def test_an_erasure_that_is_rolled_back_erases_nothing(installation: Installation) -> None:
    octets, at = sealed(installation), place(retention=PORTRAIT)
    with installation.database.changing() as work:
        work.vault.store(at, PLAIN)

    def erase_and_fail() -> None:
        with installation.database.changing() as work:
            work.vault.erase("vs_A", HOLDER)
            work.vault.erase("vs_A", PORTRAIT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        erase_and_fail()
    assert opened(installation, octets) == PLAIN
    with installation.database.reading() as work:
        assert work.vault.fetch(at) == PLAIN


def test_two_who_seal_first_share_a_key(installation: Installation) -> None:
    """The same verification, two transactions at once: nobody fails, and both open."""
    start, found = threading.Barrier(2), {}

    def one(row: str) -> None:
        mine = installation.other_process()
        start.wait()
        found[row] = sealed(mine, place(row=row))

    threads = [threading.Thread(target=one, args=(row,)) for row in ("1", "2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [opened(installation, found[row], place(row=row)) for row in ("1", "2")] == [PLAIN] * 2


def test_without_keys_nothing_is_written_or_read(installation: Installation) -> None:
    from dataclasses import replace

    bare = replace(installation.database, safe=None)
    octets = sealed(installation)
    with bare.changing() as work:
        for refused in (
            lambda: work.vault.seal(place(), PLAIN),
            lambda: work.vault.open(place(), octets),
            lambda: work.vault.store(place(), PLAIN),
            lambda: work.vault.fetch(place()),
            lambda: work.vault.erase("vs_A", HOLDER),
        ):
            with pytest.raises(StorageUnavailableError):
                refused()


def test_what_is_frozen_outlives_its_epoch(installation: Installation) -> None:
    """SECURITY.md 7.9 and suspected fraud: the epoch goes, the frozen verification stays, its neighbour does not."""
    frozen, other = sealed(installation), sealed(installation, place(verification_id="vs_B"))
    made_in = Epoch.at(HOLDER, installation.clock.now())
    installation.clock.advance(days=40)
    with installation.database.changing() as work:
        work.vault.keep("vs_A", HOLDER)
        work.vault.keep("vs_A", PORTRAIT)
        assert work.vault.in_use() == {made_in, Epoch.frozen(HOLDER, "vs_A", installation.clock.now())}
    installation.safe.epochs.destroy(made_in)
    assert opened(installation.other_process(), frozen) == PLAIN
    with pytest.raises(ErasedError):
        opened(installation, other, place(verification_id="vs_B"))
    erase(installation, HOLDER)
    with installation.database.changing() as work:
        work.vault.keep("vs_A", HOLDER)
        assert work.vault.erased("vs_A") == {HOLDER}
        assert work.vault.erased("vs_B") == {HOLDER}


def test_a_place_has_one_blob(installation: Installation) -> None:
    from sqlalchemy.exc import IntegrityError

    with installation.database.changing() as work:
        assert work.vault.fetch(place()) is None
        work.vault.store(place(), PLAIN)
    with pytest.raises(IntegrityError), installation.database.changing() as work:
        work.vault.store(place(), b"other")


def test_a_blob_that_is_swapped_does_not_open(installation: Installation) -> None:
    """Names in the rows, or contents in the store: neither opens for the other place."""
    with installation.database.changing() as work:
        work.vault.store(place(), PLAIN)
        work.vault.store(place(row="2"), b"other")
    with installation.database.engine.begin() as connection:
        one, two = connection.execute(select(blobs.c.name).order_by(blobs.c.of_row)).scalars()
    folder = installation.folder / "blobs"
    first = (folder / one).read_bytes()
    (folder / one).write_bytes((folder / two).read_bytes())
    (folder / two).write_bytes(first)
    for row in ("1", "2"):
        with pytest.raises(UnreadableError), installation.database.reading() as work:
            work.vault.fetch(place(row=row))


@pytest.mark.parametrize("damage", ["gone", "empty", "cut"])
def test_a_damaged_blob_is_a_typed_error(installation: Installation, damage: str) -> None:
    with installation.database.changing() as work:
        work.vault.store(place(), PLAIN)
        (name,) = work.vault.blob_names()
    path = installation.folder / "blobs" / name
    content = path.read_bytes()
    path.unlink() if damage == "gone" else path.write_bytes(b"" if damage == "empty" else content[:-1])
    with pytest.raises(ServiceError) as refused, installation.database.reading() as work:
        work.vault.fetch(place())
    assert refused.value.code is ProblemCode.RECORD_UNREADABLE

"""The administration of the real lists; who is reached is counted by `tests.real.independent`, not by our code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from mrtd.inspection.reason import Reason
from mrtd.pki.administration import (
    HeldKind,
    LeftOutReason,
    ProposalError,
    accept,
    based_on,
    diff,
    distrust,
    pin_anchors,
    pin_publisher,
    resolve,
    take_crls,
    take_links,
    take_lists,
    take_signers,
)
from mrtd.pki.holdings import Holdings
from mrtd.pki.holdings_codec import decode, encode
from mrtd.pki.realm import Realm
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import AnchorKind, TrustStore
from tests.mrtd.pki import corpus
from tests.real import independent

pytestmark = pytest.mark.real

DE_2024, DE_2025, DE_2026 = (
    "DE_ML_2024-04-10.ml",
    "DE_ML_2025-03-05-08-05-28.ml",
    "DE_ML_2026-05-28-08-28-45.ml",
)
NL, ICAO, IT = "NL_ML_2026-07-22.ml", "ICAO_ML_2023-09.ml", "IT_ML_old.ml"
#: Publisher -> its newest list, the file of its CSCA, and the day after it was signed (ANALYSIS.md section 1).
PUBLISHERS = {
    "de": (DE_2026, "DE_ROOT_CA_CSCA07.cer", datetime(2026, 5, 29, tzinfo=UTC)),
    "nl": (NL, "NL_ROOT_CA.cer", datetime(2026, 7, 24, tzinfo=UTC)),
    "icao": (ICAO, "UN_CSCA_2.pem", datetime(2023, 9, 16, tzinfo=UTC)),
    "it": (IT, "IT_CSCA04.cer", datetime(2023, 8, 1, tzinfo=UTC)),
}
#: Codes of real certificates that another code stands for.
SPELLINGS = {"LTU": "LT", "KS": "XK", "ZZ": "UN"}
#: SHA-256 of the self-signed Swedish certificates by the year in which they begin.
SWEDEN = {
    2013: "233d4b2d39dad3cf",
    2018: "1df4e119dfb0dec5",
    2021: "0ca3c900702dbaf8",
    2024: "353bd3863bb526a3",
}
#: The Italian list holds a signer of documents, which says that it is no CA and may not sign certificates.
UKRAINIAN_DSC = "8bfe4f0760eeca5429ad42be419c0092eb867f7658e874821be2e3b86ad73e2e"


def list_of(folder: Path, name: str) -> bytes:
    return (folder / "csca/masterlists" / name).read_bytes()


def listed(folder: Path, *names: str) -> tuple[bytes, ...]:
    found = (der for name in names for der in corpus.from_file(folder / "csca/masterlists" / name))
    return tuple(dict.fromkeys(found))


def certificate(folder: Path, name: str) -> bytes:
    (found,) = corpus.from_file(folder / "csca/certs" / name)
    return found


def sha256(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def of(certificates: Iterable[bytes]) -> set[str]:
    return set(map(sha256, certificates))


@cache
def following(folder: Path, *names: str) -> Holdings:
    """Holdings with the newest lists of these publishers."""
    made = Holdings(Realm.PRODUCTION)
    for name in names:
        file, pin, at = PUBLISHERS[name]
        made = pin_publisher(made, name, [certificate(folder, pin)])
        taken = take_lists(made, name, [list_of(folder, file)], at)
        assert taken.left_out == ()
        made = taken.holdings
    return made


def anchors(store: TrustStore) -> set[str]:
    return {anchor.sha256 for anchor in store.anchors}


def probation(store: TrustStore) -> set[str]:
    return {anchor.sha256 for anchor in store.anchors if anchor.provenance.probation}


# --- the independent count


@dataclass(frozen=True)
class Read:
    state: str | None
    key: independent.Key
    not_before: datetime
    not_after: datetime


@cache
def read(der: bytes) -> Read:
    loaded = independent.load(der)
    values = {value.strip().upper() for value in independent.countries(der)}
    if not values:
        values = {value.strip().upper() for value in _issuer_countries(der)}
    state = values.pop() if len(values) == 1 else None
    return Read(
        None if state is None else SPELLINGS.get(state, state),
        independent.key(der),
        loaded.not_valid_before,
        loaded.not_valid_after,
    )


def _issuer_countries(der: bytes) -> tuple[str, ...]:
    issuer = independent.load(der).issuer.chosen
    return tuple(item["value"].native for rdn in issuer for item in rdn if item["type"].dotted == "2.5.4.6")


@cache
def signers(certificates: tuple[bytes, ...]) -> Mapping[bytes, frozenset[independent.Key]]:
    return independent.issuers(certificates)


def reached(trusted: Iterable[bytes], pool: tuple[bytes, ...]) -> set[bytes]:
    """The certificates that five links at most lead to (SECURITY.md 4.1), all states at once."""
    signed_by = signers(pool)
    found = set(trusted)
    for _ in range(5):
        holders: dict[tuple[str | None, independent.Key], list[Read]] = {}
        grow(found, pool)
        for der in found:
            holders.setdefault((read(der).state, read(der).key), []).append(read(der))
        found |= {
            der
            for der in pool
            for key in signed_by[der] - {read(der).key}
            if read(der).state is not None
            if any(
                old.not_before <= read(der).not_before <= old.not_after
                for old in holders.get((read(der).state, key), ())
            )
        }
    grow(found, pool)
    return found


def grow(found: set[bytes], pool: tuple[bytes, ...]) -> None:
    """Self-signed certificates of the keys that were reached."""
    keys = {(read(der).state, read(der).key) for der in found}
    found |= {der for der in pool if (read(der).state, read(der).key) in keys and independent.is_self_signed(der)}


def keys_of(certificates: Iterable[bytes]) -> set[tuple[str | None, independent.Key]]:
    return {(read(der).state, read(der).key) for der in certificates}


def swedish(certificates: Iterable[bytes]) -> set[bytes]:
    return {der for der in certificates if read(der).state == "SE"}


# --- the order of lists


def test_german_lists_in_their_order(real_data: Path) -> None:
    """The list of 2024 is signed under the CSCA of 2021, which only its own wrapper carries: people compare it."""
    inside = independent.SignedList.load(list_of(real_data, DE_2024)).certificates
    (csca_2021,) = [der for der in inside if independent.is_self_signed(der)]
    csca_2024 = certificate(real_data, "DE_ROOT_CA_CSCA07.cer")
    made = pin_publisher(Holdings(Realm.PRODUCTION), "de", [csca_2024])
    with pytest.raises(ProposalError) as raised:
        take_lists(made, "de", [list_of(real_data, DE_2024)], datetime(2024, 4, 11, tzinfo=UTC))
    assert (raised.value.code, raised.value.reason) == ("list_signer", Reason.NO_CSCA)
    made = pin_publisher(made, "de", [csca_2021, csca_2024])
    sizes = []
    for name, at in (
        (DE_2024, datetime(2024, 4, 11, tzinfo=UTC)),
        (DE_2025, datetime(2025, 3, 6, tzinfo=UTC)),
        (DE_2026, datetime(2026, 5, 29, tzinfo=UTC)),
    ):
        made = take_lists(made, "de", [list_of(real_data, name)], at).holdings
        sizes.append(len(resolve(made).store.anchors) + len(swedish(listed(real_data, name))))
        with pytest.raises(ProposalError, match="list_unchanged"):
            take_lists(made, "de", [list_of(real_data, name)], at)
        for older in {DE_2024: (), DE_2025: (DE_2024,), DE_2026: (DE_2024, DE_2025)}[name]:
            with pytest.raises(ProposalError, match=r"list_older|list_signer: expired"):
                take_lists(made, "de", [list_of(real_data, older)], at)
    # ANALYSIS.md section 1
    assert sizes == [526, 557, 588]


def test_a_replayed_list_whose_signer_is_still_valid(real_data: Path) -> None:
    made = following(real_data, "de")
    with pytest.raises(ProposalError) as raised:
        take_lists(made, "de", [list_of(real_data, DE_2025)], datetime(2026, 11, 24, tzinfo=UTC))
    assert raised.value.code == "list_older"


@pytest.mark.parametrize("name", ["icao", "it"])
def test_lists_of_2023_are_too_old_to_import_today(real_data: Path, name: str) -> None:
    file, pin, at = PUBLISHERS[name]
    made = pin_publisher(Holdings(Realm.PRODUCTION), name, [certificate(real_data, pin)])
    with pytest.raises(ProposalError) as raised:
        take_lists(made, name, [list_of(real_data, file)], datetime(2026, 11, 24, tzinfo=UTC))
    assert raised.value.reason is Reason.EXPIRED
    with pytest.raises(ProposalError) as raised:
        take_lists(made, name, [list_of(real_data, file)], at - timedelta(days=3))
    assert raised.value.code == "list_from_the_future"


def test_every_list_by_its_own_publisher_only(real_data: Path) -> None:
    for name, (_, pin, at) in PUBLISHERS.items():
        made = pin_publisher(Holdings(Realm.PRODUCTION), name, [certificate(real_data, pin)])
        for other, (file, _, _) in PUBLISHERS.items():
            if other != name:
                with pytest.raises(ProposalError) as raised:
                    take_lists(made, name, [list_of(real_data, file)], at)
                assert (raised.value.code, raised.value.reason) == ("list_signer", Reason.NO_CSCA)
        for bare in ("bare_masterList_tananaev.bin", "bare_masterlist-content_bc.bin"):
            with pytest.raises(ProposalError) as raised:
                take_lists(made, name, [list_of(real_data, bare)], at)
            assert raised.value.code == "list_unsigned"


# --- the home state


def test_nothing_pinned_for_sweden(real_data: Path) -> None:
    made = following(real_data, "de", "nl", "icao")
    everything = listed(real_data, DE_2026, NL, ICAO)
    resolution = resolve(made)
    assert anchors(resolution.store) == of(everything) - of(swedish(everything))
    assert {(one.what, one.sha256, one.reason, one.state) for one in resolution.left_out} == {
        (HeldKind.LISTED, sha256(der), LeftOutReason.HOME_STATE_NOT_PINNED, "SE") for der in swedish(everything)
    }
    assert len(resolution.left_out) == 10


@pytest.mark.parametrize(
    ("year", "names", "count"),
    [(2018, ("de",), 5), (2021, ("de",), 3), (2024, ("de",), 1), (2013, ("de", "icao"), 9)],
)
def test_sweden_pinned(real_data: Path, year: int, names: tuple[str, ...], count: int) -> None:
    everything = listed(real_data, DE_2026, NL, ICAO)
    (pin,) = [der for der in everything if sha256(der).startswith(SWEDEN[year])]
    assert read(pin).not_before.year == year
    assert independent.is_self_signed(pin)
    made = pin_anchors(following(real_data, *names), [pin])
    pool = tuple(swedish(listed(real_data, *(PUBLISHERS[name][0] for name in names))) | {pin})
    expected = reached([pin], pool)
    resolution = resolve(made)
    home = {anchor.sha256 for anchor in resolution.store.anchors if read(anchor.entry.raw).state == "SE"}
    assert home == of(expected)
    assert len(home) == count
    assert probation(resolution.store) & home == set()
    assert {one.sha256 for one in resolution.left_out} == of(set(pool) - expected)
    assert {one.reason for one in resolution.left_out} <= {LeftOutReason.HOME_STATE}


def test_links_from_elsewhere_bridge_what_the_lists_lack(real_data: Path) -> None:
    """The Dutch list holds no links; those of the ICAO list lead from the pin of 2013 to what is listed."""
    everything = listed(real_data, DE_2026, NL, ICAO)
    (pin,) = [der for der in everything if sha256(der).startswith(SWEDEN[2013])]
    made = pin_anchors(following(real_data, "nl"), [pin])
    alone = anchors(resolve(made).store)
    assert of(swedish(listed(real_data, NL))) & alone == set()
    with_links = take_links(made, [read_source(list_of(real_data, name), name) for name in (ICAO, DE_2026)]).holdings
    store = resolve(with_links).store
    home = {anchor.sha256 for anchor in store.anchors if read(anchor.entry.raw).state == "SE"}
    assert home == of({pin, *swedish(listed(real_data, NL))})
    # what came for its links became no anchor
    assert len(anchors(store)) == len(alone) + 3


# --- probation


def test_one_publisher_leaves_everything_on_probation(real_data: Path) -> None:
    store = resolve(following(real_data, "de")).store
    assert probation(store) == anchors(store)
    assert len(probation(store)) == 588 - len(swedish(listed(real_data, DE_2026))) == 583
    assert {anchor.provenance.kind for anchor in store.anchors} == {AnchorKind.MASTER_LIST}


@pytest.mark.parametrize(
    ("names", "settled", "waiting"),
    [(("de", "nl"), 582, 40), (("de", "nl", "icao"), 629, 122), (("de", "nl", "icao", "it"), 718, 116)],
)
def test_independent_publishers_settle(real_data: Path, names: tuple[str, ...], settled: int, waiting: int) -> None:
    lists = {name: listed(real_data, PUBLISHERS[name][0]) for name in names}
    everything = tuple(dict.fromkeys(der for found in lists.values() for der in found))
    pool = tuple(der for der in everything if read(der).state != "SE" and sha256(der) != UKRAINIAN_DSC)
    by_publisher = [keys_of(found) for found in lists.values()]
    named = [key for found in by_publisher for key in found]
    twice = {key for key in named if named.count(key) > 1 and key[0] is not None}
    trusted = [der for der in pool if (read(der).state, read(der).key) in twice]
    keys = twice | keys_of(reached(trusted, pool))
    expected = {sha256(der) for der in pool if (read(der).state, read(der).key) not in keys}
    store = resolve(following(real_data, *names)).store
    assert anchors(store) == of(pool)
    assert probation(store) == expected
    assert (len(anchors(store) - expected), len(expected)) == (settled, waiting)


def test_accepting_what_waits(real_data: Path) -> None:
    made = following(real_data, "de", "nl")
    store = resolve(made).store
    accepted = accept(made, probation(store))
    assert probation(resolve(accepted).store) == set()
    found = diff(store, resolve(accepted).store)
    assert {change.after.sha256 for change in found.anchors_changed} == probation(store)
    assert (found.anchors_added, found.anchors_removed) == ((), ())


def test_the_next_edition_of_a_list(real_data: Path) -> None:
    """From the German list of 2025, accepted as a whole, to that of 2026: links settle new keys, others wait."""
    file = list_of(real_data, DE_2025)
    made = pin_publisher(Holdings(Realm.PRODUCTION), "de", [certificate(real_data, "DE_ROOT_CA_CSCA07.cer")])
    made = take_lists(made, "de", [file], datetime(2025, 3, 6, tzinfo=UTC)).holdings
    active = accept(made, anchors(resolve(made).store))
    draft = take_lists(
        based_on(active), "de", [list_of(real_data, DE_2026)], datetime(2026, 5, 29, tzinfo=UTC)
    ).holdings
    old = tuple(der for der in listed(real_data, DE_2025) if read(der).state != "SE")
    new = tuple(der for der in listed(real_data, DE_2026) if read(der).state != "SE")
    trusted = [der for der in new if (read(der).state, read(der).key) in keys_of(set(old) & set(new))]
    settled = keys_of(trusted) | keys_of(reached(trusted, new))
    store = resolve(draft).store
    assert probation(store) == {sha256(der) for der in new if (read(der).state, read(der).key) not in settled}
    assert 0 < len(probation(store)) < len(of(new) - of(old))
    found = diff(resolve(active).store, store)
    assert {line.sha256 for line in found.anchors_added} == of(new) - of(old)
    assert {line.sha256 for line in found.anchors_removed} == of(old) - of(new)
    states = [{read(der).state for der in each} - {None} for each in (old, new)]
    assert (set(found.states_gained), set(found.states_lost)) == (states[1] - states[0], states[0] - states[1])
    assert found.anchors_changed == ()


def test_distrust_of_a_real_key(real_data: Path) -> None:
    """All certificates of the key go, among them links that name it anew."""
    made = following(real_data, "de", "nl")
    everything = listed(real_data, DE_2026, NL)
    by_key: dict[tuple[str | None, independent.Key], list[bytes]] = {}
    for der in everything:
        by_key.setdefault((read(der).state, read(der).key), []).append(der)
    several = max((group for (state, _), group in by_key.items() if state == "DE"), key=len)
    assert len(several) > 1
    gone = resolve(distrust(made, sha256(several[0]), "stolen"))
    assert anchors(resolve(made).store) - anchors(gone.store) == of(several)


# --- the rest


def test_the_italian_crl(real_data: Path) -> None:
    crl = read_source((real_data / "crl/IT_CSCA.crl").read_bytes(), "IT_CSCA.crl")
    at = datetime(2025, 11, 1, tzinfo=UTC)
    pins = {year: certificate(real_data, f"IT_CSCA{year}.cer") for year in ("03", "04", "05")}
    wrong = pin_anchors(Holdings(Realm.PRODUCTION), [pins["03"], pins["04"]])
    with pytest.raises(ProposalError) as raised:
        take_crls(wrong, [crl], at)
    assert raised.value.code == "crl_untrusted"
    made = pin_anchors(wrong, [pins["05"]])
    store = resolve(take_crls(made, [crl], at).holdings).store
    assert [stored.signer.raw for stored in store.crls] == [pins["05"]]
    # ANALYSIS.md section 5: two serials
    assert diff(resolve(made).store, store).newly_revoked == {"IT": 2}


def test_the_estonian_deviation_list(real_data: Path) -> None:
    raw = (real_data / "deviation/eRP_deviation_list.bin").read_bytes()
    at = datetime(2018, 6, 27, tzinfo=UTC)
    made = pin_publisher(Holdings(Realm.PRODUCTION), "ee", [certificate(real_data, "csca_Estonia_2016.cer")])
    store = resolve(take_lists(made, "ee", [raw], at).holdings).store
    assert [found.state for found in store.deviation_lists] == ["EE"]
    german = pin_publisher(made, "de", [certificate(real_data, "DE_ROOT_CA_CSCA07.cer")])
    with pytest.raises(ProposalError, match="list_signer"):
        take_lists(german, "de", [raw], at)


def test_published_mocks_are_not_taken(real_data: Path) -> None:
    paths = [*sorted((real_data / "dsc/mock").glob("*/mock_csca.pem")), *sorted((real_data / "csca/mock").glob("*"))]
    assert len(paths) == 24
    for path in paths:
        source = read_source(path.read_bytes(), path.name)
        for use in (
            lambda source=source: pin_anchors(Holdings(Realm.PRODUCTION), source.certificates),
            lambda source=source: take_links(Holdings(Realm.PRODUCTION), [source]),
            lambda source=source: pin_publisher(Holdings(Realm.PRODUCTION), "mock", source.certificates),
        ):
            with pytest.raises(ProposalError) as raised:
                use()
            assert raised.value.code in ("test_key", "test_state")


def test_real_signers_come_apart(real_data: Path) -> None:
    paths = sorted((real_data / "dsc").glob("rarimo_*.der"))
    sources = [read_source(path.read_bytes(), path.name) for path in paths]
    taken = take_signers(Holdings(Realm.PRODUCTION), sources)
    # one of the six is a CA for electronic identity, as its basicConstraints say
    (authority,) = [path.read_bytes() for path in paths if independent.load(path.read_bytes()).ca]
    assert len(taken.holdings.signers) == 5
    assert [(one.sha256, one.reason) for one in taken.left_out] == [(sha256(authority), LeftOutReason.NOT_A_DSC)]


def test_all_lists_resolve_always_to_the_same(real_data: Path) -> None:
    made = take_links(
        following(real_data, "de", "nl", "icao", "it"),
        [read_source(path.read_bytes(), path.name) for path in sorted((real_data / "csca/bundles").iterdir())],
    ).holdings
    pin = certificate(real_data, "DE_ROOT_CA_CSCA07.cer")
    made = pin_anchors(made, [pin])
    stores = [resolve(again).store for again in (made, decode(encode(made)))]
    assert stores[0] == stores[1]
    assert stores[0].digest == stores[1].digest
    assert len(stores[0].anchors) > 700

"""The nine real lists: what is in them, who signed whom, who signed them, by our code and by another's.

Every number that ANALYSIS.md does not state for these very files is counted by `tests.real.independent` as well.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from mrtd.files import read_sources
from mrtd.inspection.check import CheckStatus
from mrtd.pki.certificate import Certificate
from mrtd.pki.list_signers import judge_signers
from mrtd.pki.path import build_path
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import Realm, TrustStore
from tests.mrtd.pki import corpus
from tests.mrtd.pki.support import source
from tests.real import independent
from tests.real.independent import SignedList, our_key
from tests.real.trust import AT

pytestmark = pytest.mark.real

#: List -> certificates, country values folded to upper case with an absent one counted, certificates of no other list
#: here, self-signed, self-issued by another key, issued by another name, and those whose issuer the list lacks.
#: The first two are those of ANALYSIS.md section 1.
LISTS = {
    "DE_ML_2024-04-10.ml": (526, 107, 11, 350, 110, 66, 7),
    "DE_ML_2025-03-05-08-05-28.ml": (557, 110, 0, 363, 127, 67, 9),
    "DE_ML_2026-05-28-08-28-45.ml": (588, 112, 13, 375, 136, 77, 12),
    "ICAO_ML_2023-09.ml": (394, 78, 51, 276, 74, 44, 0),
    "IT_ML_old.ml": (333, 55, 65, 213, 58, 62, 14),
    "NL_ML_2025-07-29.ml": (394, 120, 5, 394, 0, 0, 0),
    "NL_ML_2026-07-22.ml": (411, 129, 18, 411, 0, 0, 0),
    "bare_masterList_tananaev.bin": (581, 112, 1, 374, 134, 73, 12),
    "bare_masterlist-content_bc.bin": (3, 3, 3, 3, 0, 0, 0),
}

#: Collection -> different certificates, then as above; the states of those without an issuer.
COLLECTIONS = {
    ("masterlists/*",): (875, 571, 181, 123, ["GR", "PT"]),
    ("masterlists/*", "bundles/*"): (945, 631, 186, 128, ["CI", "GR", "MA", "PT"]),
    ("masterlists/*", "bundles/*", "certs/*"): (951, 634, 186, 131, ["CI", "GR", "MA", "PT"]),
}


#: Signed list -> certificates in the CMS wrapper (ANALYSIS.md section 1: NL and IT carry no CSCA), the status by the
#: pins of csca/certs when it was signed and at 2026-11-24. The pins hold the German CSCA of 2024, not that of 2021.
SIGNERS = {
    "DE_ML_2024-04-10.ml": (2, ("INDETERMINATE", "no_csca"), ("INDETERMINATE", "no_csca")),
    "DE_ML_2025-03-05-08-05-28.ml": (2, ("PASSED", None), ("PASSED", None)),
    "DE_ML_2026-05-28-08-28-45.ml": (2, ("PASSED", None), ("PASSED", None)),
    "ICAO_ML_2023-09.ml": (2, ("PASSED", None), ("FAILED", "expired")),
    "IT_ML_old.ml": (1, ("PASSED", None), ("FAILED", "expired")),
    "NL_ML_2025-07-29.ml": (1, ("PASSED", None), ("PASSED", None)),
    "NL_ML_2026-07-22.ml": (1, ("PASSED", None), ("PASSED", None)),
}


#: Signed list -> the file of csca/certs whose key signed its signer.
PINS = {
    "DE_ML_2025-03-05-08-05-28.ml": ("DE_ROOT_CA_CSCA07.cer",),
    "DE_ML_2026-05-28-08-28-45.ml": ("DE_ROOT_CA_CSCA07.cer",),
    "ICAO_ML_2023-09.ml": ("UN_CSCA_2.pem",),
    "IT_ML_old.ml": ("IT_CSCA04.cer",),
    "NL_ML_2025-07-29.ml": ("NL_ROOT_CA.cer",),
    "NL_ML_2026-07-22.ml": ("NL_ROOT_CA.cer",),
}


def path_of(real_data: Path, name: str) -> Path:
    return real_data / "csca/masterlists" / name


@cache
def read_one(real_data: Path, name: str) -> Source:
    (found,) = read_sources(path_of(real_data, name)).sources
    return found


@cache
def pinned(real_data: Path) -> tuple[Source, ...]:
    """The single files, each a source of its own."""
    return tuple(read_sources(real_data / "csca/certs").sources)


def our_kinds(encoded: tuple[bytes, ...]) -> tuple[int, int, int]:
    """(self-signed, self-issued by another key, issued by another name)."""
    parsed = [Certificate.parse(der) for der in encoded]
    own = sum(one.self_signed for one in parsed)
    issued = sum(one.self_issued for one in parsed)
    return own, issued - own, len(parsed) - issued


def their_kinds(encoded: tuple[bytes, ...]) -> tuple[int, int, int]:
    own = sum(map(independent.is_self_signed, encoded))
    issued = sum(map(independent.is_self_issued, encoded))
    return own, issued - own, len(encoded) - issued


def without_issuer(encoded: tuple[bytes, ...]) -> list[bytes]:
    """Those that find no issuer; a certificate finds one exactly where the other code does, and one of its keys."""
    # the specimen realm leaves no certificate out for its state or its name
    store = TrustStore.from_sources([source(*map(Certificate.parse, encoded))], Realm.SPECIMEN)
    lost = []
    for der, keys in independent.issuers(encoded).items():
        found = build_path(Certificate.parse(der), store, AT)
        assert (found.status is CheckStatus.PASSED) is bool(keys)
        if found.anchor is None:
            lost.append(der)
        else:
            assert independent.key(found.anchor.certificate.raw) in keys
            assert len(found.certificates) == 2
    return lost


# --- content


def test_the_lists_are_these(real_data: Path) -> None:
    assert {path.name for path in (real_data / "csca/masterlists").iterdir()} == set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_as_the_analysis_has_it(real_data: Path, name: str) -> None:
    """ANALYSIS.md section 1: sizes and countries; every certificate parses and gives the key that it holds."""
    theirs = corpus.from_file(path_of(real_data, name))
    ours = read_one(real_data, name)
    assert list(ours.certificates) == theirs
    assert ours.unreadable == 0
    places = [set(corpus.from_file(path_of(real_data, other))) for other in LISTS if other != name]
    countries = {"".join(independent.countries(der)).upper() for der in theirs}
    size, states, alone, *_ = LISTS[name]
    assert (len(theirs), len(set(theirs)), len(countries)) == (size, size, states)
    assert len(set(theirs).difference(*places)) == alone
    for der in theirs:
        assert our_key(der) == independent.key(der)


@pytest.mark.parametrize("name", LISTS)
def test_who_signed_whom_in_a_list(real_data: Path, name: str) -> None:
    """Every self-signed certificate verifies, and every other whose issuer stands in the same list."""
    encoded = tuple(corpus.from_file(path_of(real_data, name)))
    *_, own, links, others, lost = LISTS[name]
    assert our_kinds(encoded) == their_kinds(encoded) == (own, links, others)
    assert len(without_issuer(encoded)) == lost


@pytest.mark.parametrize("patterns", COLLECTIONS, ids=["lists", "with bundles", "with single files"])
def test_who_signed_whom_in_all(real_data: Path, patterns: tuple[str, ...]) -> None:
    """Of 951 certificates four have no issuer here: no key of all these made their signatures."""
    encoded = corpus.unique(real_data, *patterns)
    size, *numbers, states = COLLECTIONS[patterns]
    assert len(encoded) == size
    assert our_kinds(encoded) == their_kinds(encoded) == tuple(numbers)
    lost = without_issuer(encoded)
    assert sorted(*zip(*map(independent.countries, lost), strict=True)) == states
    keys = {independent.key(der) for der in encoded}
    assert not any(independent.signed_by(der, key) for der in lost for key in keys)


def test_nearly_all_become_anchors(real_data: Path) -> None:
    """What is no anchor of the production realm: a document signer, and examples of made-up states."""
    lists = read_sources(real_data / "csca/masterlists").sources
    store = TrustStore.from_sources(lists, Realm.PRODUCTION)
    assert store.refused["test_state"] == 3
    held = {anchor.certificate.raw for anchor in store.anchors}
    left_out = [der for der in corpus.unique(real_data, "masterlists/*") if der not in held]
    assert sorted(independent.countries(der) for der in left_out) == [("QQ",), ("UA",), ("UT",), ("XX",)]
    (signer,) = [independent.load(der) for der in left_out if independent.countries(der) == ("UA",)]
    assert signer.key_usage_value.native == {"digital_signature"}
    assert signer.basic_constraints_value["ca"].native is False


# --- signers


@pytest.mark.parametrize("name", SIGNERS)
def test_the_signer_of_a_list(real_data: Path, name: str) -> None:
    """By the pins, when it was signed and now; without them nothing is decided."""
    theirs = SignedList.load(path_of(real_data, name).read_bytes())
    assert theirs.verifies()
    carried, then, now = SIGNERS[name]
    assert len(theirs.certificates) == carried
    ours, pins = read_one(real_data, name), pinned(real_data)
    signed_at = theirs.attribute("signing_time")
    for at, stated in ((signed_at, then), (AT, now)):
        assert judged(ours, pins, at) == stated == expected(theirs, real_data, at)
        assert judged(ours, (), at) == ("INDETERMINATE", "no_csca")


def expected(signed: SignedList, real_data: Path, at: datetime) -> tuple[str, str | None]:
    """The status by asn1crypto's dates and the other code's signatures."""
    keys = {independent.key(der) for der in corpus.unique(real_data, "certs/*")}
    if not any(independent.signed_by(signed.signer, key) for key in keys):
        return ("INDETERMINATE", "no_csca")
    signer = independent.load(signed.signer)
    assert signer.not_valid_before <= at
    return ("FAILED", "expired") if at > signer.not_valid_after else ("PASSED", None)


def judged(ours: Source, others: tuple[Source, ...], at: datetime) -> tuple[str, str | None]:
    found = judge_signers([ours, *others], at)[0]
    assert found is not None
    return found.status.value, None if found.reason is None else found.reason.value


def test_a_later_list_vouches_for_an_earlier(real_data: Path) -> None:
    """The German list of 2025 holds the CSCA of 2021, which signed the signer of 2024; that of the same list does not
    count."""
    earlier = path_of(real_data, "DE_ML_2024-04-10.ml")
    later = path_of(real_data, "DE_ML_2025-03-05-08-05-28.ml")
    signed = SignedList.load(earlier.read_bytes())
    issuers = [der for der in corpus.from_file(later) if independent.signed_by(signed.signer, independent.key(der))]
    assert {independent.load(der).not_valid_before.year for der in issuers} == {2021}
    assert set(issuers) <= set(corpus.from_file(earlier))
    ours, other = read_one(real_data, earlier.name), read_one(real_data, later.name)
    at = signed.attribute("signing_time")
    assert judged(ours, (other,), at) == ("PASSED", None)
    assert judged(ours, (ours,), at) == ("INDETERMINATE", "no_csca")


@pytest.mark.parametrize("name", SIGNERS)
def test_one_pin_alone_vouches(real_data: Path, name: str) -> None:
    """All others, of other states or another key of the same state, do not."""
    pins = pinned(real_data)
    signer = SignedList.load(path_of(real_data, name).read_bytes()).signer
    right = tuple(pin for pin in pins if independent.signed_by(signer, independent.key(pin.certificates[0])))
    assert tuple(pin.name for pin in right) == PINS.get(name, ())
    ours = read_one(real_data, name)
    others = tuple(pin for pin in pins if pin not in right)
    assert judged(ours, others, AT) == ("INDETERMINATE", "no_csca")
    assert judged(ours, right, AT) == SIGNERS[name][2]


def test_bare_content_has_no_signer(real_data: Path) -> None:
    for name in set(LISTS) - set(SIGNERS):
        pins = pinned(real_data)
        assert judged(read_one(real_data, name), pins, AT) == ("NOT_APPLICABLE", None)


@pytest.mark.parametrize("name", SIGNERS)
def test_a_changed_list_fails(real_data: Path, name: str) -> None:
    """One bit of the signature, or of the last certificate's signature: no pin makes that good."""
    data = path_of(real_data, name).read_bytes()
    signed = SignedList.load(data)
    content = data.index(signed.content) + len(signed.content) - 1
    pins = pinned(real_data)
    for place, reason in ((len(data) - 1, "bad_signature"), (content, "mismatch")):
        changed = bytearray(data)
        changed[place] ^= 1
        ours = read_source(bytes(changed), name)
        assert ours is not None
        for at in (signed.attribute("signing_time"), AT):
            assert judged(ours, pins, at) == ("FAILED", reason)


def test_the_icao_list_leaves_out_null(real_data: Path) -> None:
    """RFC 8017 §9.2 note 2: 300b0609 stands where openssl wants 300d0609..0500 (tests.oracles: it says invalid)."""
    signed = SignedList.load(path_of(real_data, "ICAO_ML_2023-09.ml").read_bytes())
    modulus, exponent = independent.key(signed.signer).numbers
    public = RSAPublicNumbers(exponent, modulus).public_key()
    block = public.recover_data_from_signature(signed.info["signature"].native, padding.PKCS1v15(), None)
    hashed = hashlib.sha256(signed.signed_attributes).digest()
    assert block == bytes.fromhex("302f300b06096086480165030402010420") + hashed


# --- the CRL


def test_the_italian_crl_by_its_right_key(real_data: Path) -> None:
    """Several keys have the name of its issuer, CSCA04 and CSCA05 too; CSCA03 has another. One made the signature."""
    crl = (real_data / "crl/IT_CSCA.crl").read_bytes()
    issuer = asn1_crl.CertificateList.load(crl).issuer.hashable
    named = [der for der in corpus.everything(real_data) if independent.names(der)[0] == issuer]
    files = {number: corpus.from_file(real_data / f"csca/certs/IT_CSCA0{number}.cer")[0] for number in (3, 4, 5)}
    assert [number for number, der in files.items() if der in named] == [4, 5]
    right = independent.key(files[5])
    keys = {independent.key(der) for der in corpus.everything(real_data)}
    assert [key for key in keys if independent.crl_signed_by(crl, key)] == [right]

    parsed = [Certificate.parse(der) for der in corpus.everything(real_data)]
    store = TrustStore.from_sources([source(*parsed, crls=(crl,))], Realm.PRODUCTION)
    (stored,) = store.crls
    assert independent.key(stored.signer.raw) == right
    assert [found.crl.raw for found in store.crls_of(parsed[0].issuer)] == []
    assert [found.crl.raw for found in store.crls_of(Certificate.parse(files[4]).subject)] == [crl]
    for number, der in files.items():
        alone = TrustStore.from_sources([source(Certificate.parse(der), crls=(crl,))], Realm.PRODUCTION)
        assert [found.signer.raw for found in alone.crls] == ([files[5]] if number == 5 else [])
    others = [one for one in parsed if independent.key(one.raw) != right]
    left = TrustStore.from_sources([source(*others, crls=(crl,))], Realm.PRODUCTION)
    assert left.crls == ()
    assert left.refused["crl_untrusted"] == 1

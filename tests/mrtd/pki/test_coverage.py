"""Coverage of the states: by hand-made certificates, by the specimen state, and counted anew over the real lists."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given
from hypothesis import strategies as st

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.coverage import EXPIRING, Coverage, IssuerKeys, Weakness, coverage
from mrtd.pki.issuing_states import ISSUERS, state_name, state_of
from mrtd.pki.path import MAX_LINKS
from mrtd.specimen import authorities
from mrtd.specimen.recipe import AT as SPECIMEN_AT
from mrtd.specimen.recipe import Setting
from mrtd.specimen.trust_breakage import generation, neighbour
from tests.budgets import light
from tests.mrtd.pki import corpus
from tests.mrtd.pki.mutations import deeply_mutated
from tests.mrtd.pki.support import AT, START, Identity, csca, dsc, name

# The members of the United Nations, by continent: 54 + 35 + 47 + 43 + 14.
_UN_MEMBERS = """
    DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU MA MZ NA NE
    NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG ZM ZW
    AG AR BS BB BZ BO BR CA CL CO CR CU DM DO EC SV GD GT GY HT HN JM MX NI PA PY PE KN LC VC SR TT US UY VE
    AF AM AZ BH BD BT BN KH CN CY GE IN ID IR IQ IL JP JO KZ KW KG LA LB MY MV MN MM NP KP OM PK PH QA KR SA SG LK SY
    TJ TH TL TR TM AE UZ VN YE
    AL AD AT BY BE BA BG HR CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT MD MC ME NL MK NO PL PT RO RU SM RS SK SI
    ES SE CH UA GB
    AU FJ KI MH FM NR NZ PW PG WS SB TO TV VU
"""
UN_MEMBERS = _UN_MEMBERS.split()
# Observers of the United Nations, states that are no members, and organisations with a CSCA in a real list.
OTHER_ISSUERS = {"VA", "PS", "TW", "XK", "EU", "UN", "XO"}
DAY = timedelta(days=1)


def names(certificates: Iterable[Certificate]) -> list[str]:
    return [certificate.sha256 for certificate in certificates]


def pairs(found: Coverage) -> set[tuple[str, str, bool]]:
    return {(one.certificate.sha256, one.by.sha256, one.linked) for one in found.superseded}


def test_who_issues_documents() -> None:
    assert len(UN_MEMBERS) == len(set(UN_MEMBERS)) == 193
    assert set(ISSUERS) == {*UN_MEMBERS, *OTHER_ISSUERS}
    assert list(ISSUERS) == sorted(ISSUERS)
    assert all(state_name(state) for state in ISSUERS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("GB", "United Kingdom"),
        ("CN", "China"),
        ("DE", "Germany"),
        ("KS", "Kosovo"),
        ("XK", "Kosovo"),
        ("ZZ", "United Nations Organization"),
        ("XO", "Sovereign Military Order of Malta"),
        ("QQ", None),
    ],
)
def test_names_of_states(code: str, expected: str | None) -> None:
    assert state_name(code) == expected


@pytest.mark.parametrize(
    ("country", "missing"), [("SE", "SE"), ("KS", "XK"), ("XK", "XK"), ("ZZ", "UN"), ("UN", "UN"), ("se", "SE")]
)
def test_one_anchor_fills_one_gap(country: str, missing: str) -> None:
    nobody = coverage([], AT)
    assert nobody.without_anchor == ISSUERS
    assert nobody.states == {}
    found = coverage([csca(Identity.new("A", country))], AT)
    assert set(ISSUERS) - set(found.without_anchor) == {missing}
    assert list(found.states) == [country.upper()]


def test_an_expired_anchor_is_an_anchor_and_no_state_is_nobody() -> None:
    expired, stateless = csca(Identity.new(), end=AT - DAY), csca(Identity.new("A", None))
    found = coverage([expired, stateless, dsc(Identity.new("B", "NO"))], AT)
    assert set(ISSUERS) - set(found.without_anchor) == {"SE"}
    assert (found.states["SE"].anchors, found.states["SE"].keys, found.states["SE"].valid_keys) == (1, 1, 0)
    assert names(found.expired) == [expired.sha256]
    assert {*names(found.anchors)} == {expired.sha256, stateless.sha256}


def test_generations_and_copies() -> None:
    old = Identity.new()
    new = old.rekeyed()
    root = csca(old, end=AT + 10 * DAY)
    link, newest = csca(new, old, start=AT - 8 * DAY, end=AT + 9 * DAY), csca(new, start=AT - 7 * DAY)
    found = coverage([root, link, newest, root, Certificate.parse(root.raw)], AT)
    state = found.states["SE"]
    assert (state.anchors, state.links, state.keys, state.valid_keys) == (3, 1, 2, 2)
    assert (state.valid_from, state.valid_until) == (START, newest.not_after)
    assert (state.expiring_90_days, state.superseded) == (2, 1)
    assert names(found.expiring) == [link.sha256, root.sha256]
    assert pairs(found) == {(root.sha256, newest.sha256, True)}


@pytest.mark.parametrize(
    ("left", "expiring", "expired"),
    [
        (EXPIRING, 0, 0),
        (EXPIRING - timedelta(seconds=1), 1, 0),
        (timedelta(0), 1, 0),
        (timedelta(seconds=-1), 0, 1),
    ],
)
def test_the_bounds_of_expiry(left: timedelta, expiring: int, expired: int) -> None:
    found = coverage([csca(Identity.new(), end=AT + left)], AT)
    assert (len(found.expiring), len(found.expired)) == (expiring, expired)
    assert found.states["SE"].expiring_90_days == expiring


def chain(links: int, *, signed: bool = True) -> tuple[list[Certificate], list[Certificate]]:
    """The roots of one name, a year after another, and the link certificates between them."""
    identities = [Identity.new()]
    while len(identities) <= links:
        identities.append(identities[-1].rekeyed())
    starts = [START + place * 365 * DAY for place in range(links + 1)]
    roots = [csca(one, start=start) for one, start in zip(identities, starts, strict=True)]
    stranger = Identity.new().key
    between = [
        csca(new, old, start=start, signer=None if signed else stranger)
        for old, new, start in zip(identities[:-1], identities[1:], starts[1:], strict=True)
    ]
    return roots, between


def test_links_lead_over_generations_to_the_newest() -> None:
    roots, links = chain(3)
    newest = roots[-1].sha256
    assert pairs(coverage(roots + links, AT)) == {
        *((root.sha256, newest, True) for root in roots[:-1]),
        *((link.sha256, newest, True) for link in links[:-1]),
    }
    without_the_second = coverage([*roots, links[0], links[2]], AT)
    assert {(a, linked) for a, _, linked in pairs(without_the_second)} == {
        (roots[0].sha256, False),
        (roots[1].sha256, False),
        (roots[2].sha256, True),
        (links[0].sha256, False),
    }


def test_no_more_links_than_a_path_may_have() -> None:
    roots, links = chain(MAX_LINKS + 1)
    linked = {a: linked for a, _, linked in pairs(coverage(roots + links, AT))}
    assert [linked[root.sha256] for root in roots[:-1]] == [False] + MAX_LINKS * [True]


def test_a_link_by_a_stranger_leads_nowhere() -> None:
    roots, links = chain(1, signed=False)
    assert pairs(coverage(roots + links, AT)) == {(roots[0].sha256, roots[1].sha256, False)}


def test_a_link_counts_only_where_it_stands() -> None:
    """Other files help to verify a link, not to have one."""
    roots, links = chain(1)
    everywhere = IssuerKeys(roots + links)
    assert pairs(coverage(roots, AT, everywhere)) == {(roots[0].sha256, roots[1].sha256, False)}
    assert pairs(coverage(roots + links, AT, everywhere)) == {(roots[0].sha256, roots[1].sha256, True)}


def test_only_another_key_of_the_same_name_supersedes() -> None:
    one = Identity.new("CSCA")
    renewed, spelled = csca(one, start=START + DAY), csca(Identity.new("csca "), start=START + 2 * DAY)
    root, other = csca(one), csca(Identity.new("CSCA 2"), start=START + 3 * DAY)
    assert pairs(coverage([root, renewed, other], AT)) == set()
    assert pairs(coverage([root, renewed, other, spelled], AT)) == {
        (root.sha256, spelled.sha256, False),
        (renewed.sha256, spelled.sha256, False),
    }
    # the newest key's own older certificate: superseded by what came between
    between = csca(one.rekeyed(), start=START + timedelta(hours=1))
    assert pairs(coverage([root, renewed, between], AT)) == {
        (root.sha256, between.sha256, False),
        (between.sha256, renewed.sha256, False),
    }


def test_when_the_newest_key_signs_no_more() -> None:
    def until(end: datetime) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        return ((x509.PrivateKeyUsagePeriod(START, end), False),)

    old = Identity.new()
    new = old.rekeyed()
    ended, signing = csca(old, extra=until(AT - DAY)), csca(new, start=AT - 9 * DAY, extra=until(AT + DAY))
    assert coverage([ended], AT).not_signing == ("SE",)
    assert coverage([ended], AT - 2 * DAY).not_signing == ()
    both = coverage([ended, signing], AT)
    assert both.not_signing == ()
    assert both.states["SE"].signs_until == AT + DAY
    assert names(both.usage_ended) == [ended.sha256]
    # a key that is not valid yet is not the newest, and a certificate that says nothing is no sign of an end
    assert coverage([ended, signing], AT - 10 * DAY).states["SE"].signs_until == AT - DAY
    assert coverage([ended, csca(new, start=AT - 9 * DAY)], AT).not_signing == ()


@pytest.mark.real
def test_one_key_in_two_encodings_supersedes_nothing(real_data: Path) -> None:
    """Hungary's of 2024 and 2025 hold one point; the parameters of the curve around it differ by an octet."""
    listed = [Certificate.parse(der) for der in corpus.unique(real_data, "masterlists/NL_ML_2026*")]
    hungary = [c for c in listed if c.country == "HU" and c.not_before.year >= 2024]
    points = {asn1_x509.Certificate.load(c.raw).public_key["public_key"].dump() for c in hungary}
    assert len({c.spki for c in hungary}) > len(points)
    assert coverage(hungary, AT).states["HU"].keys == len(points)


def test_weak_keys() -> None:
    small = Identity(name("CSCA"), ec.generate_private_key(ec.SECP192R1()))
    strong = Identity(name("CSCA"), ec.generate_private_key(ec.SECP224R1()))
    root = csca(small)
    (weak,) = coverage([root, csca(strong)], AT).weak
    assert (weak.certificate, weak.weaknesses) == (root, (Weakness.WEAK_KEY,))


def test_the_specimen_state_and_its_neighbour() -> None:
    setting = Setting()
    issuers = [generation(setting, number) for number in (2, 1, 0)]
    roots = [Certificate.parse(issuer.csca_certificate) for issuer in issuers]
    links = [Certificate.parse(authorities.link(*two)) for two in pairwise(issuers)]
    others = [Certificate.parse(der) for der in (neighbour(setting).csca_certificate, issuers[0].dsc_certificate)]
    found = coverage([*roots, *links, *others], SPECIMEN_AT)
    assert found.without_anchor == ISSUERS
    assert {state: (row.anchors, row.links, row.keys) for state, row in found.states.items()} == {
        "UT": (5, 2, 3),
        "XX": (1, 0, 1),
    }
    assert found.states["UT"].valid_until == issuers[-1].csca_template.not_after
    assert pairs(found) == {(old.sha256, roots[2].sha256, True) for old in (*roots[:2], links[0])}
    assert (found.weak, found.broken) == ((), ())
    # a key signs for five years (ICAO 9303-12, appendix A, example 3), and the one before began six years ago
    assert set(names(found.usage_ended)) == {*names(roots[:2]), links[0].sha256}
    assert found.not_signing == ()
    unlinked = coverage(roots, SPECIMEN_AT)
    assert {linked for _, _, linked in pairs(unlinked)} == {False}


def test_any_certificate_is_covered_somehow() -> None:
    roots, links = chain(1)
    whole = [*roots, *links]

    @light
    @given(deeply_mutated([c.raw for c in whole]), st.booleans())
    def run(data: bytes, alone: bool) -> None:
        try:
            certificate = Certificate.parse(data)
        except MrtdError:
            return
        found = coverage([certificate] if alone else [certificate, *whole], AT)
        assert len(found.anchors) <= 4
        assert sum(row.anchors for row in found.states.values()) <= len(found.anchors)

    run()


# --- the real lists, counted by asn1crypto and pyca alone


def is_anchor(certificate: asn1_x509.Certificate) -> bool:
    """All but two signers of lists: issued by another name, without keyCertSign."""
    if certificate.subject.dump() == certificate.issuer.dump() or certificate.ca:
        return True
    usage = certificate.key_usage_value
    return usage is not None and "key_cert_sign" in usage.native


def country(certificate: asn1_x509.Certificate) -> str | None:
    found = certificate.subject.native.get("country_name") or certificate.issuer.native.get("country_name")
    return None if found is None else {"LTU": "LT"}.get(found, found.upper())


def key_bits(certificate: asn1_x509.Certificate) -> bytes:
    """The key alone: Hungary and Israel publish one key with differently encoded curve parameters."""
    return bytes(certificate.public_key["public_key"].dump())


def usage_end(certificate: asn1_x509.Certificate) -> datetime | None:
    period = certificate.private_key_usage_period_value
    return None if period is None else period["not_after"].native


@pytest.fixture(scope="module")
def real(real_data: Path) -> dict[str, asn1_x509.Certificate]:
    stored = corpus.everything(real_data)
    found = {hashlib.sha256(der).hexdigest(): asn1_x509.Certificate.load(der) for der in stored}
    # the three of Lithuania are CSCA certificates with an extension that cannot be read (ANALYSIS.md section 2)
    return {digest: one for digest, one in found.items() if country(one) == "LT" or is_anchor(one)}


@pytest.fixture(scope="module")
def found(real_data: Path) -> Coverage:
    return coverage([Certificate.parse(der) for der in corpus.everything(real_data)], AT)


@pytest.mark.real
def test_real_anchors_by_state(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    assert set(names(found.anchors)) == set(real)
    counted = Counter(country(one) for one in real.values())
    assert {state: row.anchors for state, row in found.states.items()} == {s: n for s, n in counted.items() if s}
    ends: dict[str, list[datetime]] = defaultdict(list)
    starts: dict[str, list[datetime]] = defaultdict(list)
    for one in real.values():
        if (state := country(one)) is not None:
            ends[state].append(one.not_valid_after)
            starts[state].append(one.not_valid_before)
    assert {state: row.valid_until for state, row in found.states.items()} == {s: max(e) for s, e in ends.items()}
    assert {state: row.valid_from for state, row in found.states.items()} == {s: min(b) for s, b in starts.items()}
    present = {{"KS": "XK", "ZZ": "UN"}.get(state, state) for state in counted if state}
    assert list(found.without_anchor) == sorted({*UN_MEMBERS, *OTHER_ISSUERS} - present)


@pytest.mark.real
def test_real_expiry(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    horizon = AT + timedelta(days=90)
    expiring = {d for d, one in real.items() if one.not_valid_before <= AT <= one.not_valid_after < horizon}
    assert expiring
    assert set(names(found.expiring)) == expiring
    assert set(names(found.expired)) == {d for d, one in real.items() if one.not_valid_after < AT}
    ended = {d for d, one in real.items() if country(one) != "LT" and (end := usage_end(one)) and end < AT}
    lithuanian = {c.sha256 for c in found.usage_ended if state_of(c) == "LT"}
    assert set(names(found.usage_ended)) - lithuanian == ended


@pytest.mark.real
def test_real_weak_and_broken(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    by_reason = {
        weakness: {w.certificate.sha256 for w in found.weak if weakness in w.weaknesses} for weakness in Weakness
    }
    short = {d for d, one in real.items() if one.public_key.algorithm == "rsa" and one.public_key.bit_size < 2048}
    assert by_reason[Weakness.WEAK_KEY] == short
    sha1 = {d for d, one in real.items() if hash_name(one) == "sha1"}
    assert by_reason[Weakness.SHA1_SELF_SIGNATURE] | by_reason[Weakness.SHA1_LINK_SIGNATURE] == sha1
    other_name = {d for d in sha1 if real[d].subject.dump() != real[d].issuer.dump()}
    assert other_name <= by_reason[Weakness.SHA1_LINK_SIGNATURE]
    # ANALYSIS.md section 2: an extension value is truncated in three of Lithuania
    assert [state_of(certificate) for certificate in found.broken] == ["LT", "LT", "LT"]


def hash_name(certificate: asn1_x509.Certificate) -> str:
    algorithm = certificate["signature_algorithm"]
    return str(algorithm.hash_algo)


def loaded(certificate: asn1_x509.Certificate) -> x509.Certificate | None:
    """As pyca reads it, None where it gives no key."""
    try:
        found = x509.load_der_x509_certificate(certificate.dump())
        found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found


def signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool | None:
    """Whether the issuer's key made the signature, whatever the names say; None where pyca cannot tell."""
    key = issuer.public_key()
    try:
        parameters = certificate.signature_algorithm_parameters
        if not isinstance(parameters, ec.ECDSA | padding.PKCS1v15 | padding.PSS):
            return None
        if isinstance(key, ec.EllipticCurvePublicKey) != isinstance(parameters, ec.ECDSA):
            return False
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, parameters)
        else:
            digest = certificate.signature_hash_algorithm
            key.verify(certificate.signature, certificate.tbs_certificate_bytes, parameters, digest)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError):
        return None
    return True


@pytest.mark.real
def test_real_successors(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    """Names as asn1crypto folds them."""
    ours = {one.certificate.sha256: one.by.sha256 for one in found.superseded}
    ordered = sorted(real.items(), key=lambda item: item[1].subject.hashable)
    superseded, spelled = 0, 0
    for _, members in groupby(ordered, key=lambda item: item[1].subject.hashable):
        group = dict(members)
        for digest, one in group.items():
            others = [other for other in group.values() if key_bits(other) != key_bits(one)]
            later = [other for other in others if other.not_valid_before > one.not_valid_before]
            if not later:
                continue
            superseded += 1
            assert digest in ours
            if ours[digest] in group:
                assert group[ours[digest]].not_valid_before == max(other.not_valid_before for other in later)
            else:
                # names that RFC 5280 §7.1 calls the same and asn1crypto does not
                spelled += 1
    assert superseded > 350
    assert spelled < 20
    assert superseded <= len(ours) < superseded + 20


@pytest.mark.real
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_real_links(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    """Whether links lead to the newest key, by the signatures that pyca verifies within one state."""
    by_state: dict[str | None, dict[str, asn1_x509.Certificate]] = defaultdict(dict)
    for digest, one in real.items():
        by_state[country(one)][digest] = one
    checked: Counter[str] = Counter()
    for state, group in by_state.items():
        keys = {digest: key_bits(one) for digest, one in group.items()}
        known = {digest: pyca for digest, one in group.items() if (pyca := loaded(one))}
        made = {(a, b): signed(known[b], known[a]) for a in known for b in known if keys[a] != keys[b]}
        whole = len(known) == len(group) and None not in made.values()
        for one in found.superseded:
            if state_of(one.certificate) != state or one.certificate.sha256 not in known:
                continue
            reached = {keys[one.certificate.sha256]}
            for _ in range(MAX_LINKS):
                reached |= {keys[b] for (a, b), verified in made.items() if verified and keys[a] in reached}
            if keys[one.by.sha256] in reached:
                assert one.linked, one
                checked["linked"] += 1
            elif whole:
                assert not one.linked, one
                checked["not linked"] += 1
    assert checked["linked"] > 100
    assert checked["not linked"] > 10


@pytest.mark.real
def test_stale_states_by_asn1crypto(real: dict[str, asn1_x509.Certificate], found: Coverage) -> None:
    """Where no two keys began on one day and names and periods are readable: the newest key's period alone counts."""
    by_state: dict[str, list[asn1_x509.Certificate]] = defaultdict(list)
    for one in real.values():
        if (state := country(one)) not in (None, "LT") and one.not_valid_before <= AT:
            by_state[state].append(one)
    for state, group in by_state.items():
        start = max(one.not_valid_before for one in group)
        newest = {key_bits(one) for one in group if one.not_valid_before == start}
        if len(newest) > 1:
            continue
        stated = [end for one in group if key_bits(one) in newest and (end := usage_end(one))]
        assert found.states[state].signs_until == max(stated, default=None), state
        assert (state in found.not_signing) == bool(stated and max(stated) < AT), state

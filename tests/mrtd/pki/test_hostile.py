"""Real certificates, security objects, lists and CRLs, changed deep inside: nothing but typed errors escapes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrtd import tlv
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.pki import deviation_list, master_list
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import parse_signed_data
from mrtd.pki.crl import Crl
from mrtd.pki.path import build_path
from mrtd.pki.profile import Role, dsc_authorisation, profile_deviations
from mrtd.pki.realm import Realm, production_refusal
from mrtd.pki.search import CertificateIndex
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import TrustStore
from mrtd.specimen import list_recipes
from mrtd.specimen.recipe import AT as SPECIMEN_AT
from mrtd.specimen.recipe import Setting
from tests.budgets import heavy, light
from tests.fuzz import seeds
from tests.mrtd.lds.build import der
from tests.mrtd.pki import corpus
from tests.mrtd.pki.mutations import deeply_mutated
from tests.mrtd.pki.support import AT, Identity, crl, csca, source
from tests.mrtd.pki.test_sources import attribute, content, pem

#: ENGINEERING.md "Tests": at least this share of the examples must pass the outer object.
MINIMAL_SHARE = 0.3


def survive(files: list[bytes], use: Callable[[bytes], None], budget: Callable) -> None:
    """`use` answers or raises an `MrtdError` for every change; enough get past the outer object and to an answer."""
    seen = {"all": 0, "outer": 0, "answered": 0}

    @budget
    @given(deeply_mutated(files))
    def run(data: bytes) -> None:
        seen["all"] += 1
        with suppress(MrtdError):
            seen["outer"] += tlv.read(data).end == len(data)
            use(data)
            seen["answered"] += 1

    run()
    assert seen["outer"] >= MINIMAL_SHARE * seen["all"]
    assert 0 < seen["answered"] < seen["all"]


def use_certificate(data: bytes) -> None:
    certificate = Certificate.parse(data)
    repr(certificate)
    certificate.extension_errors()
    production_refusal(certificate)
    for role in Role:
        profile_deviations(certificate, role)
    dsc_authorisation(certificate, Realm.PRODUCTION, "P")
    assert certificate.self_signed in (True, False)
    assert certificate.may_issue in (True, False)
    certificate.public_key()


@pytest.mark.real
def test_certificates(real_data: Path) -> None:
    files = list(corpus.everything(real_data)[::40])
    survive(files, use_certificate, heavy)


@pytest.mark.real
def test_a_changed_signer_never_reaches_an_anchor(real_data: Path) -> None:
    """Whatever is changed, the path passes only for the very bytes that the CSCA signed."""
    root = (real_data / "chips/GB_2011/CSCA.der").read_bytes()
    outer = tlv.read((real_data / "chips/GB_2011/EF.SOD.bin").read_bytes())
    (signer,) = parse_signed_data(outer.value).certificates
    store = TrustStore.from_sources([source(Certificate.parse(root))], Realm.PRODUCTION)
    genuine = Certificate.parse(signer)
    assert build_path(genuine, store, AT).status is CheckStatus.PASSED

    def use(data: bytes) -> None:
        certificate = Certificate.parse(data)
        found = build_path(certificate, store, AT)
        if found.status is CheckStatus.PASSED:
            assert certificate.tbs == genuine.tbs

    survive([signer], use, heavy)


@pytest.mark.real
def test_signed_data(real_data: Path) -> None:
    paths = sorted((real_data / "chips").glob("*_20*/EF.SOD.bin"))
    files = [tlv.read(path.read_bytes()).value for path in paths]

    def use(data: bytes) -> None:
        signed = parse_signed_data(data)
        repr(signed)
        for info in signed.signer_infos:
            repr(info)
            info.to_be_signed(signed.econtent or b"")

    survive(files, use, heavy)


@pytest.mark.real
def test_master_lists(real_data: Path) -> None:
    """A real list cut to six certificates, so that changes meet its structure; the signature is kept."""
    data = (real_data / "csca/masterlists/IT_ML_old.ml").read_bytes()
    signed = parse_signed_data(data, max_certificates=16)
    assert signed.econtent is not None
    short = content(*corpus.list_content(data)[:6])
    place = data.index(signed.econtent[:64])
    rebuilt = _with_content(tlv.read(data), place, short)
    assert len(master_list.parse(rebuilt).certificates) == 6
    elsewhere = CertificateIndex([])

    def use(changed: bytes) -> None:
        found = master_list.parse(changed)
        judgement = master_list.judge_signer(found, elsewhere, AT)
        assert judgement.status is not CheckStatus.PASSED

    survive([rebuilt, short], use, heavy)


def _with_content(item: tlv.Tlv, place: int, econtent: bytes) -> bytes:
    if item.tag == tlv.OCTET_STRING and item.content == place:
        return der(tlv.OCTET_STRING, econtent)
    if not item.constructed or not item.start <= place < item.end:
        return item.raw
    return der(item.tag, *(_with_content(child, place, econtent) for child in item.children()))


@pytest.mark.real
def test_crls(real_data: Path) -> None:
    data = (real_data / "crl" / "IT_CSCA.crl").read_bytes()

    def use(changed: bytes) -> None:
        found = Crl.parse(changed)
        repr(found)
        found.fresh_at(AT)

    survive([data], use, heavy)


def test_deviation_lists() -> None:
    """Lists of the specimen state; only what its own signer signed passes."""
    genuine = deviation_list.parse(list_recipes.own_deviation_list())
    pinned = CertificateIndex([Certificate.parse(Setting().issuer().csca_certificate)])
    assert deviation_list.judge_signer(genuine, pinned, SPECIMEN_AT).status is CheckStatus.PASSED

    def use(changed: bytes) -> None:
        found = deviation_list.parse(changed)
        repr(found)
        for deviation in found.deviations:
            repr(deviation)
            assert deviation.document_numbers is None or "0" * 20 not in deviation.document_numbers
        if deviation_list.judge_signer(found, pinned, SPECIMEN_AT).status is CheckStatus.PASSED:
            assert found.cms.econtent == genuine.cms.econtent

    survive([list_recipes.own_deviation_list(), list_recipes.foreign_deviation_list()], use, light)


@pytest.mark.real
def test_the_real_deviation_list(real_data: Path) -> None:
    """Its 169,422 numbers cut to three, the signature kept, which then fits no more."""
    (short,) = seeds.real("deviation_list", real_data)
    (only,) = deviation_list.parse(short).deviations
    assert only.document_numbers is not None
    assert len(only.document_numbers) == 3

    def use(changed: bytes) -> None:
        found = deviation_list.parse(changed)
        for deviation in found.deviations:
            assert deviation.document_numbers is None or "0" * 20 not in deviation.document_numbers
        judged = deviation_list.judge_signer(found, CertificateIndex([]), AT)
        assert judged.status is not CheckStatus.PASSED

    survive([short], use, light)


@light
@given(st.data())
def test_ldif(data: st.DataObject) -> None:
    """Entries of an LDIF, each value changed or not, folded anywhere, line ends of both kinds, in any order."""
    kinds = {
        "cACertificate;binary": [_ROOT.raw],
        "userCertificate;binary": [_ROOT.raw],
        "certificateRevocationList;binary": [_CRL],
        "pkdMasterListContent": [content(_ROOT.raw)],
        "CscaMasterListData": [content(_ROOT.raw, _ROOT.raw)],
    }
    names = data.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=6))
    whole = dict.fromkeys(kinds, 0)
    entries: list[bytes] = []
    for name in names:
        changed = data.draw(st.booleans())
        value = data.draw(deeply_mutated(kinds[name])) if changed else kinds[name][0]
        whole[name] += not changed
        entries.append(attribute(name, value, data.draw(st.integers(1, 200))))
    text = b"dn: c=SE\n" + data.draw(st.sampled_from([b"", b"\n", b"objectClass: top\n"])).join(entries)
    found = read_source(text.replace(b"\n", data.draw(st.sampled_from([b"\n", b"\r\n"]))), "name")
    assert found is not None
    assert found.crls.count(_CRL) >= whole["certificateRevocationList;binary"]
    single = ("cACertificate;binary", "userCertificate;binary", "pkdMasterListContent")
    expected = sum(whole[name] for name in single) + 2 * whole["CscaMasterListData"]
    assert found.certificates.count(_ROOT.raw) >= expected
    TrustStore.from_sources([found], Realm.PRODUCTION, at=AT)


@light
@given(st.data())
def test_sources(data: st.DataObject) -> None:
    root = _ROOT.raw
    files = [
        root,
        content(root, root),
        b"dn: c=SE\n" + attribute("pkdMasterListContent", content(root)) + attribute("cACertificate;binary", root),
    ]
    kind = data.draw(st.integers(0, 3))
    if kind == 0:
        changed = data.draw(deeply_mutated(files[:2]))
    elif kind == 1:
        changed = pem("CERTIFICATE", data.draw(deeply_mutated(files[:1])))
    elif kind == 2:
        text = bytearray(files[2])
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
        changed = bytes(text)
    else:
        changed = b"dn: x\ncACertificate;binary:: " + base64.b64encode(data.draw(deeply_mutated(files[:1]))) + b"\n"
    try:
        found = read_source(changed, "name")
    except MrtdError:
        return
    if found is not None:
        TrustStore.from_sources([found], Realm.PRODUCTION, at=AT)


_STATE = Identity.new()
_ROOT = csca(_STATE)
_CRL = crl(_STATE, revoked=(7,))

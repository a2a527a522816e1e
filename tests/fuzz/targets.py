"""One function for each reader of a stranger's bytes: it reads, touches everything, and holds what must hold.

Beside the typed errors (`promises.answers`): what was read stands in the input, what was written anew from the parts
reads the same, and nothing but the bytes that the specimen state signed is believed.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Final

import mrz
from mrtd import dump, tlv
from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.lds import card_security, lds_security_object, sod
from mrtd.pki import cms, deviation_list, holdings_codec, master_list, oids, store_file
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.index import CertificateIndex
from mrtd.pki.info import trust_info
from mrtd.pki.path import build_path
from mrtd.pki.profile import Role, dsc_authorisation, profile_deviations
from mrtd.pki.realm import Realm, production_refusal
from mrtd.pki.sources import Source, SourceKind, read_source
from mrtd.pki.trust_store import TrustStore
from mrtd.specimen.list_recipes import MASTER_LISTS, own_deviation_list
from mrtd.specimen.recipe import AT, Setting
from tests.fuzz import seeds
from tests.fuzz.promises import require, silent
from tests.mrtd.lds.build import der

_NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class _State:
    """The specimen state: its CSCA is the one anchor, and what it signed is the one thing that may pass."""

    csca: Certificate
    store: TrustStore
    master_list: master_list.MasterList
    deviations: bytes | None


@cache
def _state() -> _State:
    issuer = Setting().issuer()
    sources = [read_source(data, name) for name, data in issuer.trust().items()]
    return _State(
        Certificate.parse(issuer.csca_certificate),
        TrustStore.from_sources([source for source in sources if source is not None], Realm.SPECIMEN),
        master_list.parse(MASTER_LISTS["good"].sources()["UTO.ml"]),
        deviation_list.parse(own_deviation_list()).cms.econtent,
    )


@cache
def _specimens(target: str, kind: type[Certificate] | type[Crl]) -> frozenset[bytes]:
    """What the seeds say under their signatures; whoever holds the state's key signed no more than that."""
    found: set[bytes] = set()
    for data in seeds.specimen(target):
        with suppress(MrtdError):
            found.add(kind.parse(data).tbs)
    return frozenset(found)


def certificate(data: bytes) -> None:
    """`mrtd.pki.certificate`, its extensions, names and key, the profile, and a path to the one anchor."""
    found = Certificate.parse(data)
    silent(found, found.issuer, found.subject)
    _stands_in(data, found.tbs, found.spki, found.signature, found.issuer.raw, found.subject.raw)
    require(found.raw == data and found.sha256 == hashlib.sha256(data).hexdigest(), "the certificate is the input")
    outer = der(tlv.SEQUENCE, found.tbs, found.signature_algorithm.raw, der(tlv.BIT_STRING, b"\0", found.signature))
    again = Certificate.parse(outer)
    same = ("tbs", "version", "serial", "issuer", "subject", "not_before", "not_after", "spki", "signature")
    require(all(getattr(found, name) == getattr(again, name) for name in same), "the parts read as before")
    require(found.issuer.same_as(again.issuer) and found.subject.same_as(again.subject), "names read as before")
    _extensions(found)
    require(found.self_issued or not found.self_signed, "self-signed is self-issued")
    passed = build_path(found, _state().store, AT).status is CheckStatus.PASSED
    require(not passed or found.tbs in _specimens("certificate", Certificate), "a path passes for what was signed")
    for role in Role:
        deviations = profile_deviations(found, role)
        require(deviations == tuple(r for r in Reason.profile() if r in deviations), "deviations are in order")
    key = found.public_key()
    require(key.bits > 0 and repr(key.name).isascii(), "a key has a size and a name")


def _extensions(found: Certificate) -> None:
    errors = found.extension_errors()
    require(all(code and code.isascii() for code in errors.values()), "an extension's error has a code")
    production_refusal(found)
    require(isinstance(found.may_issue, bool), "whether it may issue is told")
    for realm in Realm:
        for code in (None, "P", "<"):
            allowed = dsc_authorisation(found, realm, code)
            require(allowed.authorised == (not allowed.reasons), "authorised is without a reason against")
    if "" not in errors:
        marked = any(extension.oid == oids.SPECIMEN_MARK for extension in found.extensions)
        require(found.has_specimen_mark == marked, "the specimen mark is seen")


def crl(data: bytes) -> None:
    """`mrtd.pki.crl`: fields, entries, freshness, and whose signature it bears."""
    found = Crl.parse(data)
    silent(found, found.issuer)
    _stands_in(data, found.tbs, found.signature, found.issuer.raw)
    require(found.raw == data and found.sha256 == hashlib.sha256(data).hexdigest(), "the CRL is the input")
    outer = der(tlv.SEQUENCE, found.tbs, found.signature_algorithm.raw, der(tlv.BIT_STRING, b"\0", found.signature))
    again = Crl.parse(outer)
    same = ("issuer", "this_update", "next_update", "revoked", "number", "authority_key_identifier", "unusable")
    require(all(getattr(found, name) == getattr(again, name) for name in same), "the parts read as before")
    require(all(serial == entry.serial for serial, entry in found.revoked.items()), "an entry has its serial")
    require(found.fresh_at(_NOW) in (True, False), "freshness is told")
    with suppress(MrtdError):
        good = found.is_signed_by(_state().csca.public_key())
        require(not good or found.tbs in _specimens("crl", Crl), "a signature verifies for what was signed")
    TrustStore.from_sources([_source(SourceKind.CRL, crls=(data,))], Realm.PRODUCTION, at=_NOW)


def master_lists(data: bytes) -> None:
    """`mrtd.pki.master_list`, signed and bare, and the judgement of its signer."""
    found = master_list.parse(data)
    silent(found, *(() if found.cms is None else (found.cms, *found.cms.signer_infos)))
    content = data if found.cms is None else found.cms.econtent or b""
    _stands_in(content, *found.certificates)
    bare = der(tlv.SEQUENCE, _integer(found.version), der(tlv.SET, *found.certificates))
    again = master_list.parse(bare)
    require((again.certificates, again.version, again.cms) == (found.certificates, found.version, None), "as before")
    require(master_list.parse_content(bare) == again, "the content is what stands alone")
    nobody = master_list.judge_signer(found, CertificateIndex([]), AT)
    require(nobody.status is not CheckStatus.PASSED, "no list vouches for itself")
    judged = master_list.judge_signer(found, CertificateIndex([_state().csca]), AT)
    genuine = found.certificates == _state().master_list.certificates
    require(judged.status is not CheckStatus.PASSED or genuine, "a signer vouches for what it signed")
    require((judged.status is CheckStatus.NOT_APPLICABLE) == (found.cms is None), "a signature is judged if present")


def deviation_lists(data: bytes) -> None:
    """`mrtd.pki.deviation_list`, the document numbers in it, and the judgement of its signer."""
    found = deviation_list.parse(data)
    silent(found, found.cms, *found.cms.signer_infos)
    require(found.sha256 == hashlib.sha256(data).hexdigest(), "the list is the file")
    for deviation in found.deviations:
        numbers = deviation.document_numbers
        require(numbers is None or "NOT A NUMBER AT ALL" not in numbers, "a number is found where it stands")
        require(all(one.name for one in deviation.descriptions), "every type has a name")
    nobody = deviation_list.judge_signer(found, CertificateIndex([]), AT)
    require(nobody.status is not CheckStatus.PASSED, "no list vouches for itself")
    judged = deviation_list.judge_signer(found, CertificateIndex([_state().csca]), AT)
    genuine = found.cms.econtent == _state().deviations
    require(judged.status is not CheckStatus.PASSED or genuine, "a signer vouches for what it signed")


def signed_data(data: bytes) -> None:
    """`mrtd.pki.cms`: the structure, its certificates, and the octets under each signature."""
    found = cms.parse_signed_data(data)
    silent(found, *found.signer_infos)
    _stands_in(data, *found.certificates)
    require(0 <= found.trailing < len(data), "something was read")
    again = cms.parse_signed_data(data[: len(data) - found.trailing])
    same = ("version", "digest_algorithms", "econtent_type", "econtent", "certificates", "leniencies")
    require(again.trailing == 0, "nothing trails")
    require(all(getattr(found, name) == getattr(again, name) for name in same), "what trails changes nothing")
    content = b"content"
    for info in found.signer_infos:
        signed = info.to_be_signed(content)
        if info.signed_attributes is None:
            require(signed is content and not info.attributes, "without attributes the content is signed")
        else:
            stored = tlv.read_only(signed, tlv.SET).children()
            require(len(stored) == len(info.attributes), "all attributes are signed")
        require((info.sid_ski is None) == (info.sid_issuer is not None), "a signer has one identifier")


def security_object(data: bytes) -> None:
    """EF.SOD down to the hashes of the data groups."""
    found = sod.parse(data)
    silent(found)
    _stands_in(data, found.cms)
    signed_data(found.cms)
    econtent = cms.parse_signed_data(found.cms).econtent
    if econtent is not None:
        hashes = lds_security_object.parse(econtent)
        silent(hashes)
        _stands_in(econtent, *(value for _, value in hashes.data_group_hashes))


def card_securities(data: bytes) -> None:
    """EF.CardSecurity down to its SecurityInfos."""
    found = card_security.parse(data)
    silent(found)
    _stands_in(data, found.cms)
    signed_data(found.cms)
    econtent = cms.parse_signed_data(found.cms).econtent
    if econtent is not None:
        silent(card_security.security_infos(econtent))


def source(data: bytes) -> None:
    """`mrtd.pki.sources` on a file of any format, then a store and a summary of what it holds."""
    found = read_source(data, "name")
    if found is None:
        raise MrtdError("no_trust_material")
    silent(found, *found.master_lists)
    require(read_source(data, "name") == found, "the same file is the same source")
    require(found.sha256 == hashlib.sha256(data).hexdigest(), "the source is the file")
    listed = [der for each in found.master_lists for der in each.certificates]
    require(len(listed) <= len(found.certificates), "the certificates of lists are counted in")
    for realm in Realm:
        store = TrustStore.from_sources([found], realm, at=_NOW)
        silent(store)
        require(len(store.anchors) <= len(found.certificates), "no anchor comes from nowhere")
        require(
            all(anchor.certificate.raw in found.certificates for anchor in store.anchors), "an anchor is as stored"
        )
        specimens = [anchor for anchor in store.anchors if anchor.certificate.has_specimen_mark]
        require(realm is not Realm.PRODUCTION or not specimens, "no specimen is trusted in production")
    overview = trust_info([found], _NOW)
    (summary,) = overview.files
    require(0 <= summary.parsed <= summary.certificates == len(found.certificates), "counts agree")
    json.dumps([summary.to_json(), overview.to_json()])


def holdings(data: bytes) -> None:
    """`mrtd.pki.holdings_codec`: what an administration holds, there and back."""
    found = holdings_codec.decode(data)
    written = holdings_codec.encode(found)
    require(holdings_codec.encode(holdings_codec.decode(written)) == written, "holdings have one form")


def store_files(data: bytes) -> None:
    """`mrtd.pki.store_file` on any content; frame and digest are added: whoever changes a file makes them anew."""
    body = store_file.MAGIC + data
    found = store_file.read(body + hashlib.sha256(body).digest())
    silent(found)
    for anchor in found.anchors:
        silent(anchor.certificate)
    build_path(_state().csca, found, AT)


def dumps(data: bytes) -> None:
    """`mrtd.dump`: zip, JSON, CBOR, one file."""
    found = dump.loads(data, "name")
    silent(found)
    require(bool(found.files), "a dump holds a file")
    require(all(len(content) <= name.max_size for name, content in found.files.items()), "files are bounded")
    require(all(key.isascii() and value.isprintable() for key, value in found.claimed.items()), "claims are plain")
    body = {name.value: base64.b64encode(content).decode() for name, content in found.files.items()}
    again = dump.loads(json.dumps({"files": body}).encode(), "name")
    require(again.files == found.files and not again.claimed, "the same files as JSON are the same evidence")


def zone(data: bytes) -> None:
    """`mrz`: read and repair."""
    text = data.decode("utf-8", "replace")
    found = mrz.parse(text, today=_NOW.date())
    silent(found, found.fields, found.raw)
    require(mrz.parse("\n".join(found.lines), today=_NOW.date()) == found, "the lines read as before")
    require(found.valid == all(digit.ok for digit in found.check_digits), "valid is every check digit")
    repaired = mrz.repair(text, today=_NOW.date())
    require(repaired.valid >= found.valid, "repair breaks nothing")


def _stands_in(data: bytes, *parts: bytes) -> None:
    require(all(part in data for part in parts), "what was read stands in the input")


def _integer(value: int) -> bytes:
    return der(tlv.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def _source(kind: SourceKind, *, crls: tuple[bytes, ...] = ()) -> Source:
    return Source("name", kind, (_state().csca.raw,), (), crls, 0, "")


#: By the name that `make fuzz TARGET=` takes.
TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "certificate": certificate,
    "crl": crl,
    "master_list": master_lists,
    "deviation_list": deviation_lists,
    "signed_data": signed_data,
    "source": source,
    "holdings": holdings,
    "store_file": store_files,
    "security_object": security_object,
    "card_security": card_securities,
    "dump": dumps,
    "mrz": zone,
}

"""An administered store in one file: the holdings, and the store that follows from them, ready for use.

Reading a thousand certificates takes longer than a counter should wait, so the file holds what the indexes need. Its
last 32 octets are the SHA-256 of all others, and whoever keeps the file apart from its digest (a database row, an
activation) passes that digest to `read`. Software of another version makes the store anew from the holdings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import cbor2

from mrtd.errors import LimitExceededError, MalformedError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.holdings import Holdings
from mrtd.pki.holdings_codec import MAX_HOLDINGS, decode, encode, read_plain_cbor
from mrtd.pki.index import CertificateEntry
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.realm import Realm
from mrtd.pki.supplied_signers import Supplied, SuppliedSigners
from mrtd.pki.trust_store import Anchor, AnchorKind, AnchorProvenance, TrustStore

#: How every store file begins.
MAGIC: Final = b"PASSKOLL TRUST STORE 1\n"
#: Counts up whenever what is compiled, or how it is found out, changes.
COMPILED: Final = 1
#: Holdings and compiled store, each with every certificate.
MAX_STORE_FILE: Final = 2 * MAX_HOLDINGS

_DIGEST_OCTETS: Final = 32


def write(holdings: Holdings, store: TrustStore) -> bytes:
    """The file of `store`, which was resolved from `holdings`. The same arguments give the same octets."""
    stored_holdings = encode(holdings)
    if store.holdings != hashlib.sha256(stored_holdings).hexdigest():
        raise ValueError("the store does not follow from these holdings")
    body = MAGIC + cbor2.dumps({"holdings": stored_holdings, "compiled": _compile(store)}, canonical=True)
    return body + hashlib.sha256(body).digest()


def read(data: bytes, *, sha256: str | None = None) -> TrustStore:
    """The store in a file.

    Args:
        data: the whole file.
        sha256: of the file, hexadecimal, as it was noted when the store was made; None believes the file's own.

    Raises:
        MalformedError: `bad_store_file`, `store_file_changed`, or what is wrong with its holdings.
    """
    tree = _checked(data, sha256)
    compiled = tree["compiled"]
    if not isinstance(compiled, dict) or compiled.get("version") != COMPILED:
        from mrtd.pki.administration import resolve  # noqa: PLC0415 - only files of other software need it

        return resolve(decode(tree["holdings"])).store
    try:
        store = _restore(compiled, hashlib.sha256(tree["holdings"]).hexdigest())
        unchanged = store.digest == compiled["digest"]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, OSError):
        # without its cause: a traceback would quote the file
        raise MalformedError("bad_store_file") from None
    if not unchanged:
        raise MalformedError("store_file_changed")
    return store


def read_holdings(data: bytes, *, sha256: str | None = None) -> Holdings:
    """The holdings in a file; errors as `read`."""
    return decode(_checked(data, sha256)["holdings"])


def is_store_file(data: bytes) -> bool:
    """Whether it begins like one."""
    return data.startswith(MAGIC)


def _checked(data: bytes, sha256: str | None) -> dict[str, Any]:
    if len(data) > MAX_STORE_FILE:
        raise LimitExceededError("store_file_too_long")
    if not is_store_file(data) or len(data) < len(MAGIC) + _DIGEST_OCTETS:
        raise MalformedError("bad_store_file")
    view = memoryview(data)
    if hashlib.sha256(view[:-_DIGEST_OCTETS]).digest() != view[-_DIGEST_OCTETS:]:
        raise MalformedError("store_file_changed")
    if sha256 is not None and hashlib.sha256(view).hexdigest() != sha256:
        raise MalformedError("store_file_changed")
    tree = read_plain_cbor(bytes(view[len(MAGIC) : -_DIGEST_OCTETS]), "bad_store_file")
    if not isinstance(tree, dict) or set(tree) != {"holdings", "compiled"} or not isinstance(tree["holdings"], bytes):
        raise MalformedError("bad_store_file")
    return tree


def _compile(store: TrustStore) -> dict[str, object]:
    return {
        "version": COMPILED,
        "digest": store.digest,
        "realm": store.realm.value,
        "anchors": [[*_entry(anchor.entry), _provenance(anchor.provenance)] for anchor in store.anchors],
        "others": [_entry(entry) for entry in store.others],
        "signers": [[one.raw, one.issuer, f"{one.serial:x}", one.key_identifier] for one in store.signers],
        "crls": [[stored.crl.raw, stored.signer.raw] for stored in store.crls],
        "deviations": list(store.deviations),
        "refused": dict(store.refused),
        "list_signers": {name: _judgement(one) for name, one in store.list_signers.items()},
        "untrusted_crls": [[name, count] for name, count in sorted(store.untrusted_crls.items())],
    }


def _entry(entry: CertificateEntry) -> list[object]:
    return [
        entry.raw,
        entry.subject,
        entry.key,
        entry.key_identifier,
        entry.may_issue,
        entry.pss_only,
        int(entry.not_before.timestamp()),
        int(entry.not_after.timestamp()),
        entry.self_signed,
    ]


def _provenance(provenance: AnchorProvenance) -> list[object]:
    return [
        provenance.source,
        provenance.kind.value,
        None if provenance.list_signer is None else _judgement(provenance.list_signer),
        provenance.list_sha256,
        None if provenance.list_signed_at is None else int(provenance.list_signed_at.timestamp()),
        provenance.probation,
    ]


def _judgement(judgement: SignerJudgement) -> list[object]:
    reason = None if judgement.reason is None else judgement.reason.value
    return [judgement.status.value, reason, judgement.signer_sha256]


def _restore(compiled: Mapping[str, Any], holdings: str) -> TrustStore:
    anchors = tuple(Anchor(_read_entry(item[:9]), _read_provenance(item[9])) for item in compiled["anchors"])
    return TrustStore(
        realm=Realm(compiled["realm"]),
        anchors=anchors,
        others=tuple(map(_read_entry, compiled["others"])),
        signers=SuppliedSigners(
            Supplied(raw, hashlib.sha256(raw).hexdigest(), issuer, int(serial, 16), key_identifier)
            for raw, issuer, serial, key_identifier in compiled["signers"]
        ),
        crls=tuple(StoredCrl(Crl.parse(raw), Certificate.parse(signer)) for raw, signer in compiled["crls"]),
        deviations=tuple(compiled["deviations"]),
        holdings=holdings,
        refused=dict(compiled["refused"]),
        list_signers={name: _read_judgement(one) for name, one in compiled["list_signers"].items()},
        untrusted_crls=dict(compiled["untrusted_crls"]),
    )


def _read_entry(item: Sequence[Any]) -> CertificateEntry:
    raw, subject, key, key_identifier, may_issue, pss_only, not_before, not_after, self_signed = item
    octets = (raw, subject, key, key_identifier or b"")
    words = (may_issue, pss_only, self_signed)
    if not all(isinstance(one, bytes) for one in octets) or not all(isinstance(one, bool) for one in words):
        raise TypeError("not an entry")
    return CertificateEntry(
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        subject=subject,
        key=key,
        key_identifier=key_identifier,
        may_issue=may_issue,
        pss_only=pss_only,
        not_before=datetime.fromtimestamp(not_before, UTC),
        not_after=datetime.fromtimestamp(not_after, UTC),
        known_self_signed=self_signed,
    )


def _read_provenance(item: Sequence[Any]) -> AnchorProvenance:
    source, kind, judgement, list_sha256, signed_at, probation = item
    return AnchorProvenance(
        source=source,
        kind=AnchorKind(kind),
        list_signer=None if judgement is None else _read_judgement(judgement),
        list_sha256=list_sha256,
        list_signed_at=None if signed_at is None else datetime.fromtimestamp(signed_at, UTC),
        probation=probation,
    )


def _read_judgement(item: Sequence[Any]) -> SignerJudgement:
    status, reason, signer = item
    return SignerJudgement(CheckStatus(status), None if reason is None else Reason(reason), signer)

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
from mrtd.pki.crl import Crl
from mrtd.pki.crl_acceptance import StoredCrl
from mrtd.pki.holdings import Holdings
from mrtd.pki.holdings_codec import MAX_HOLDINGS, decode, encode
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
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, OSError) as error:
        raise MalformedError("bad_store_file") from error
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
    try:
        tree = cbor2.loads(bytes(view[len(MAGIC) : -_DIGEST_OCTETS]), max_depth=8, allow_indefinite=False)
    except (cbor2.CBORDecodeError, ValueError) as error:
        raise MalformedError("bad_store_file") from error
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
        "signers": [[one.raw, one.issuer, one.serial, one.key_identifier] for one in store.signers],
        "crls": [[stored.crl.raw, stored.signer.sha256] for stored in store.crls],
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
    anchors = tuple(Anchor(_read_entry(item[:8]), _read_provenance(item[8])) for item in compiled["anchors"])
    by_hash = {anchor.sha256: anchor.entry for anchor in anchors}
    return TrustStore(
        realm=Realm(compiled["realm"]),
        anchors=anchors,
        others=tuple(map(_read_entry, compiled["others"])),
        signers=SuppliedSigners(
            Supplied(raw, hashlib.sha256(raw).hexdigest(), issuer, serial, key_identifier)
            for raw, issuer, serial, key_identifier in compiled["signers"]
        ),
        crls=tuple(StoredCrl(Crl.parse(raw), by_hash[signer].certificate) for raw, signer in compiled["crls"]),
        deviations=tuple(compiled["deviations"]),
        holdings=holdings,
        refused={str(name): int(count) for name, count in compiled["refused"].items()},
        list_signers={name: _read_judgement(one) for name, one in compiled["list_signers"].items()},
        untrusted_crls=dict(compiled["untrusted_crls"]),
    )


def _read_entry(item: Sequence[Any]) -> CertificateEntry:
    raw, subject, key, key_identifier, may_issue, not_before, not_after, self_signed = item
    octets = (raw, subject, key, key_identifier or b"")
    if not all(isinstance(one, bytes) for one in octets) or not isinstance(may_issue and self_signed, bool):
        raise TypeError("not an entry")
    return CertificateEntry(
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        subject=subject,
        key=key,
        key_identifier=key_identifier,
        may_issue=may_issue,
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

"""Stores as they are kept, opened again: whole, of this realm, and made from what people agreed on."""

from __future__ import annotations

import hashlib

from mrtd.errors import MrtdError
from mrtd.pki import store_file
from mrtd.pki.holdings import Holdings
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from service.domain.repositories import TrustStores
from service.domain.trust import StoredTrust, TrustError, TrustProblem


def kept(trust: TrustStores, digest: str) -> StoredTrust:
    """The file of the draft, or of a store that was in use: it is kept as long as either is.

    Raises:
        TrustError: `store_damaged`.
    """
    try:
        return trust.stored(digest)
    except TrustError as error:
        if error.code is TrustProblem.UNKNOWN_STORE:
            raise TrustError(TrustProblem.STORE_DAMAGED, "its row is missing") from error
        raise


def open_store(stored: StoredTrust, holdings: str, realm: Realm) -> TrustStore:
    """The store in a file that is whole and follows from the holdings that people agreed on.

    Software of another version may read the same holdings otherwise. The store is then made anew from them, has a
    digest of its own, and every report names that.

    Args:
        stored: the file.
        holdings: SHA-256 of the holdings that the draft or the activation names.
        realm: of this service.

    Raises:
        TrustError: `store_damaged`, `other_realm`.
    """
    try:
        store = store_file.read(stored.file, sha256=stored.file_sha256)
        if store.digest != stored.digest:
            store = _made_anew(stored)
    except MrtdError as error:
        raise TrustError(TrustProblem.STORE_DAMAGED, error.code) from error
    if store.holdings != holdings:
        raise TrustError(TrustProblem.STORE_DAMAGED, "it does not follow from what people agreed on")
    if store.realm is not realm:
        raise TrustError(TrustProblem.OTHER_REALM)
    return store


def open_holdings(stored: StoredTrust) -> Holdings:
    """What a store was made from.

    Raises:
        TrustError: `store_damaged`.
    """
    try:
        return store_file.read_holdings(stored.file, sha256=stored.file_sha256)
    except MrtdError as error:
        raise TrustError(TrustProblem.STORE_DAMAGED, error.code) from error


def stored_trust(holdings: Holdings, store: TrustStore) -> StoredTrust:
    """The file of a store that was resolved from `holdings`."""
    file = store_file.write(holdings, store)
    return StoredTrust(store.digest, store.realm, file, hashlib.sha256(file).hexdigest())


def _made_anew(stored: StoredTrust) -> TrustStore:
    from mrtd.pki.administration import resolve  # noqa: PLC0415 - only files of other software need it

    return resolve(open_holdings(stored)).store

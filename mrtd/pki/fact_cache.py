"""A bounded memory of which key signed what (SECURITY.md 3.9).

It keeps facts, never statuses: policy, time, freshness of CRLs, document type and country are judged at each hit. A
key names the certificate by its bytes, the store by its digest (so an import of one CRL forgets everything) and the
software by its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from mrtd.pki.search import IssuerFacts

#: States sign with a few hundred DSCs a year; a counter meets some thousands in the life of a process.
MAX_FOUND: Final = 4096
#: Strangers can send as many certificates without an issuer as they like: they push out only each other.
MAX_NOT_FOUND: Final = 256

CacheKey = tuple[str, str, str]


class FactCache:
    """Which keys of a store signed a certificate. Safe for threads.

    Args:
        software: digest of the software that finds the facts.
        found: how many certificates with an issuer are kept, the least recently used go first.
        not_found: the same for certificates without one.
    """

    def __init__(self, software: str, *, found: int = MAX_FOUND, not_found: int = MAX_NOT_FOUND) -> None:
        self._software = software
        self._lock = Lock()
        self._bounds = (not_found, found)
        self._kept: tuple[OrderedDict[CacheKey, IssuerFacts], OrderedDict[CacheKey, IssuerFacts]] = (
            OrderedDict(),
            OrderedDict(),
        )
        self.hits = 0
        self.misses = 0

    def facts(self, sha256: str, store_digest: str, find: Callable[[], IssuerFacts]) -> IssuerFacts:
        """The facts of the certificate with this SHA-256 in this store; found by `find` at the first time."""
        key = (sha256, store_digest, self._software)
        with self._lock:
            for kept in self._kept:
                known = kept.get(key)
                if known is not None:
                    kept.move_to_end(key)
                    self.hits += 1
                    return known
            self.misses += 1
        # outside the lock: verifications are slow, and two threads that find the same find the same
        facts = find()
        with self._lock:
            kept, bound = self._kept[facts.key is not None], self._bounds[facts.key is not None]
            kept[key] = facts
            while len(kept) > bound:
                kept.popitem(last=False)
        return facts

    def __len__(self) -> int:
        return sum(map(len, self._kept))

"""Which trust store is in use, which one waits, and the two people who change that (SECURITY.md 4; DESIGN.md 6).

A store is named by its digest. One draft waits at a time; it becomes the store in use when two people name its
digest. What was in use stays known for ever.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrtd.pki.realm import Realm

#: The length of an actor's column; a name for people is shorter.
MAX_ACTOR: Final = 128
#: A reason is a sentence or two.
MAX_REASON: Final = 500
#: 64 bits of a digest: nobody makes another draft that begins alike, and people can compare them.
MIN_DIGEST_PREFIX: Final = 16
_DIGEST_DIGITS: Final = 64
#: Printable, and still nothing that people see: joiners, fillers, selectors of variants, the blank Braille pattern.
_UNSEEN: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
#: Alphabets whose letters pass for those of another, by the first word of the letters' Unicode names.
_LIKE_LATIN: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


class TrustProblem(StrEnum):
    """Why something cannot be done to the trust store."""

    ACTOR_MISSING = "actor_missing"
    ACTOR_UNREADABLE = "actor_unreadable"
    SECOND_PERSON_REQUIRED = "second_person_required"
    PERSON_REQUIRED = "person_required"
    REASON_REQUIRED = "reason_required"
    REASON_TOO_LONG = "reason_too_long"
    NO_DRAFT = "no_draft"
    NOT_THE_DRAFT = "not_the_draft"
    DRAFT_OUTDATED = "draft_outdated"
    DRAFT_CHANGED = "draft_changed"
    ALREADY_ACTIVE = "already_active"
    BAD_DIGEST = "bad_digest"
    UNKNOWN_STORE = "unknown_store"
    UNKNOWN_PUBLISHER = "unknown_publisher"
    OTHER_REALM = "other_realm"
    STORE_DAMAGED = "store_damaged"


class TrustError(Exception):
    """Something that cannot be done to the trust store.

    Args:
        code: why.
        detail: one sentence for people, or empty.
    """

    def __init__(self, code: TrustProblem, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(": ".join(part for part in (code.value, detail) if part))


def draft_changed() -> TrustError:
    """Two changed the draft at the same time; the one who came second is told so."""
    return TrustError(
        TrustProblem.DRAFT_CHANGED, "somebody else changed it meanwhile; look again, run the command again"
    )


class FetchProblem(StrEnum):
    """Why a list was not fetched."""

    URL_REFUSED = "url_refused"
    REDIRECT_REFUSED = "redirect_refused"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    STATUS = "status"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"


class FetchError(Exception):
    """A list was not fetched."""

    def __init__(self, code: FetchProblem) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who administers trust. `id` is what is kept; `person` is what tells people apart."""

    id: str

    @classmethod
    def named(cls, name: str | None) -> Actor:
        """The actor of this name.

        Raises:
            TrustError: `actor_missing`, or `actor_unreadable` for a name with invisible characters or with letters of
                several alphabets, under which one person could pass for two, or a too long one.
        """
        given = name or ""
        shown = " ".join(unicodedata.normalize("NFKC", given).split())
        if not shown:
            raise TrustError(TrustProblem.ACTOR_MISSING)
        if len(shown) > MAX_ACTOR:
            raise TrustError(TrustProblem.ACTOR_UNREADABLE, f"at most {MAX_ACTOR} characters")
        if not shown.isprintable() or not _UNSEEN.isdisjoint(given + shown):
            raise TrustError(TrustProblem.ACTOR_UNREADABLE, "it holds characters that nobody sees")
        if len(_alphabets(shown)) > 1:
            raise TrustError(TrustProblem.ACTOR_UNREADABLE, "it mixes alphabets")
        return cls(shown)

    @property
    def person(self) -> str:
        """The same for every way to write the same name: compatibility forms, letter case and blanks do not count."""
        folded = unicodedata.normalize("NFKC", self.id).casefold()
        return " ".join(unicodedata.normalize("NFKC", folded).split())


def _alphabets(name: str) -> frozenset[str]:
    """Of those that look alike, which ones a name has letters of."""
    words = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return _LIKE_LATIN & words


@dataclass(frozen=True, slots=True, repr=False)
class StoredTrust:
    """A store as it is kept: a file of `mrtd.pki.store_file`, and the SHA-256 that the file had when it was made."""

    digest: str
    realm: Realm
    file: bytes
    file_sha256: str

    def __repr__(self) -> str:
        return f"StoredTrust(digest={self.digest[:MIN_DIGEST_PREFIX]}, realm={self.realm.value})"


@dataclass(frozen=True, slots=True)
class Draft:
    """The store that waits for two people.

    Attributes:
        digest: of the store.
        realm: of the store; None where the database does not say, which only damage explains.
        holdings: SHA-256 of the holdings that it follows from.
        based_on: digest of the store that was in use when it was begun, None if there was none.
        staged_at: the last change; aware, UTC.
        staged_by: who made the last change.
    """

    digest: str
    realm: Realm | None
    holdings: str
    based_on: str | None
    staged_at: datetime
    staged_by: str


@dataclass(frozen=True, slots=True)
class Activation:
    """Two people made a store the one in use. Append-only; the last one counts.

    Attributes:
        digest: of the store.
        holdings: SHA-256 of the holdings that it follows from: what software of another version makes it from.
        previous: digest of the store that was in use before, None for the first.
        at: aware, UTC.
        first: id of one person.
        second: id of another person.
        reason: why, where someone said so.
    """

    digest: str
    holdings: str
    previous: str | None
    at: datetime
    first: str
    second: str
    reason: str | None = None


def activate(
    draft: Draft | None,
    named: str,
    first: Actor,
    second: Actor,
    *,
    realm: Realm,
    history: Sequence[Activation],
    at: datetime,
    reason: str | None = None,
) -> Activation:
    """Make the draft the store in use (SECURITY.md 4.4: four eyes).

    Args:
        draft: what waits.
        named: the digest that both people named, or its first digits, at least `MIN_DIGEST_PREFIX`.
        first: one person.
        second: another person.
        realm: of this service.
        history: all activations, oldest first.
        at: the time of the server.
        reason: why; required where a store that was in use before comes back.

    Raises:
        TrustError: what stands in the way.
    """
    if draft is None:
        raise TrustError(TrustProblem.NO_DRAFT)
    if not first.person or not second.person or first.person == second.person:
        raise TrustError(TrustProblem.SECOND_PERSON_REQUIRED)
    if not draft.digest.startswith(named_digest(named)):
        raise TrustError(TrustProblem.NOT_THE_DRAFT)
    if draft.realm is not None and draft.realm is not realm:
        raise TrustError(TrustProblem.OTHER_REALM)
    require_chained(history)
    previous = history[-1].digest if history else None
    require_current(draft, previous)
    if draft.digest == previous:
        raise TrustError(TrustProblem.ALREADY_ACTIVE)
    words = checked_reason(reason)
    if words is None and any(earlier.digest == draft.digest for earlier in history):
        raise TrustError(TrustProblem.REASON_REQUIRED, "a store that was in use before comes back for a reason")
    return Activation(draft.digest, draft.holdings, previous, at, first.id, second.id, words)


def require_chained(history: Sequence[Activation], previous: str | None = None) -> None:
    """Refuse a history in which an activation does not follow from the one before it: rows are missing or changed.

    Args:
        history: activations, oldest first.
        previous: what was in use before the first of them.

    Raises:
        TrustError: `store_damaged`.
    """
    for activation in history:
        if activation.previous != previous:
            raise TrustError(TrustProblem.STORE_DAMAGED, "the activations do not follow from one another")
        previous = activation.digest


def require_current(draft: Draft, active: str | None) -> None:
    """Refuse a draft that was begun before the store in use was activated.

    Raises:
        TrustError: `draft_outdated`.
    """
    if draft.based_on != active:
        raise TrustError(TrustProblem.DRAFT_OUTDATED, "another store was activated since; discard the draft")


def named_digest(typed: str) -> str:
    """A digest, or the beginning of one, as people typed it, for `str.startswith`.

    Raises:
        TrustError: `bad_digest`.
    """
    given = typed.strip().lower()
    if not MIN_DIGEST_PREFIX <= len(given) <= _DIGEST_DIGITS:
        raise TrustError(TrustProblem.BAD_DIGEST, f"at least {MIN_DIGEST_PREFIX} digits of a digest")
    return given


def checked_reason(reason: str | None) -> str | None:
    """A reason without blanks around it; None where nothing is said.

    Raises:
        TrustError: `reason_too_long`.
    """
    words = (reason or "").strip()
    if len(words) > MAX_REASON:
        raise TrustError(TrustProblem.REASON_TOO_LONG, f"at most {MAX_REASON} characters")
    return words or None

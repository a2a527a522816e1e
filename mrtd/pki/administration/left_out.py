"""What holdings hold and a store does not, and why: nothing is left out silently (SECURITY.md 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mrtd.inspection.reason import Reason


class HeldKind(StrEnum):
    """As what something is held or was offered. `listed`: a certificate of a master list."""

    PIN = "pin"
    SIGNER_CSCA = "signer_csca"
    MASTER_LIST = "master_list"
    LISTED = "listed"
    OTHER = "other"
    SIGNER = "signer"
    CRL = "crl"
    DEVIATION_LIST = "deviation_list"


class LeftOutReason(StrEnum):
    """Stable snake_case words; those that `Refusal` has too mean the same.

    `distrusted`: this certificate, or another of its key and state, is distrusted. `home_state_not_pinned`: lists
    alone make no anchor of the home state. `home_state`, `pinned_state`: no verified link leads there from a pin of
    that state. `not_linked`: no verified link leads there from an anchor of its state. `list_untrusted`:
    `LeftOut.because` says what is wrong with the signer.
    """

    MALFORMED = "malformed"
    NOT_A_CA = "not_a_ca"
    NOT_A_DSC = "not_a_dsc"
    NOT_LINKED = "not_linked"
    SPECIMEN_MARK = "specimen_mark"
    TEST_STATE = "test_state"
    TEST_KEY = "test_key"
    TEST_NAME = "test_name"
    DISTRUSTED = "distrusted"
    HOME_STATE_NOT_PINNED = "home_state_not_pinned"
    HOME_STATE = "home_state"
    PINNED_STATE = "pinned_state"
    LIST_MALFORMED = "list_malformed"
    LIST_UNTRUSTED = "list_untrusted"
    DEVIATIONS_MALFORMED = "deviations_malformed"
    DEVIATIONS_UNTRUSTED = "deviations_untrusted"
    CRL_MALFORMED = "crl_malformed"
    CRL_UNTRUSTED = "crl_untrusted"
    CRL_SUPERSEDED = "crl_superseded"
    CRL_FROM_THE_FUTURE = "crl_from_the_future"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing left out.

    Attributes:
        what: as what it was held or offered.
        sha256: over its octets, hexadecimal.
        reason: why.
        state: two-letter code, None if it names none or cannot be read.
        because: for lists, what the judgement of the signer says.
    """

    what: HeldKind
    sha256: str
    reason: LeftOutReason
    state: str | None = None
    because: Reason | None = None


def in_order(left_out: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Each once, in the same order whatever the order in which it was found."""
    return tuple(sorted(set(left_out), key=lambda one: (one.what, one.reason, one.sha256)))


def counted(left_out: Iterable[LeftOut]) -> Mapping[str, int]:
    """How often, by reason: what a store keeps as `refused`."""
    counts = Counter(one.reason.value for one in left_out)
    return MappingProxyType(dict(sorted(counts.items())))

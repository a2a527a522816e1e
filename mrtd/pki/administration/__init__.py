"""The administration of trust: how holdings change, and which store follows from them (SECURITY.md 4; DESIGN.md 6).

A draft begins with `based_on` the active holdings and goes through the functions below, each of which gives new
holdings; `resolve` makes the store of them and `diff` shows it beside the active one. Nothing here takes evidence: a
submission can never change a store.
"""

from mrtd.pki.administration.decisions import (
    accept,
    allow_name,
    based_on,
    distrust,
    pin_anchors,
    pin_publisher,
    remove_publisher,
    trust_again,
    unpin,
)
from mrtd.pki.administration.errors import ProposalError
from mrtd.pki.administration.intake import Taken, take_crls, take_links, take_lists, take_signers
from mrtd.pki.administration.left_out import HeldKind, LeftOut, LeftOutReason
from mrtd.pki.administration.resolution import Resolution, resolve
from mrtd.pki.administration.store_diff import AnchorLine, CrlLine, DeviationLine, StandingChange, StoreDiff, diff

__all__ = [
    "AnchorLine",
    "CrlLine",
    "DeviationLine",
    "HeldKind",
    "LeftOut",
    "LeftOutReason",
    "ProposalError",
    "Resolution",
    "StandingChange",
    "StoreDiff",
    "Taken",
    "accept",
    "allow_name",
    "based_on",
    "diff",
    "distrust",
    "pin_anchors",
    "pin_publisher",
    "remove_publisher",
    "resolve",
    "take_crls",
    "take_links",
    "take_lists",
    "take_signers",
    "trust_again",
    "unpin",
]

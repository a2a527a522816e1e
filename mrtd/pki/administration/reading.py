"""Everything that holdings hold, read, and who of it is distrusted."""

from __future__ import annotations

from mrtd.pki.administration.held_certificates import Distrust, HeldCertificates
from mrtd.pki.administration.left_out import HeldKind, LeftOut
from mrtd.pki.administration.publishers import Publishers
from mrtd.pki.holdings import Holdings


class Reading:
    """Holdings, read once.

    Attributes:
        left_out: what could not be read or may not be here; whoever goes on adds to it.
        certificates: reads further ones by the same rules.
        pins: the pinned CA certificates, distrusted ones among them.
        others: those that are usable for links only, distrusted ones among them.
        publishers: and their lists.
        distrust: who is distrusted.
    """

    __slots__ = ("certificates", "distrust", "left_out", "others", "pins", "publishers")

    def __init__(self, holdings: Holdings) -> None:
        self.left_out: list[LeftOut] = []
        self.certificates = HeldCertificates(holdings)
        self.pins = self.certificates.authorities(holdings.pins, HeldKind.PIN, self.left_out)
        self.others = self.certificates.authorities(holdings.others, HeldKind.OTHER, self.left_out)
        self.publishers = Publishers(holdings, self.certificates, self.left_out)
        self.distrust = Distrust(holdings, (*self.pins, *self.others, *self.publishers.entries()))

"""PACE as the chip runs it (ICAO 9303-11 §4.4.3, §4.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mrtd.specimen.card.agreement import Side, nonce_length, pseudo_random
from mrtd.specimen.card.apdu import StatusError, objects, written
from mrtd.specimen.card.behaviour import Fault
from mrtd.specimen.card.messaging import Messaging
from mrtd.specimen.card.symmetric import Suite, pad

INTEGRATED = ("3", "4")
CHIP_AUTHENTICATION = "6"


@dataclass
class Pace:
    """One run, from MSE:Set AT to the tokens.

    `mapping`: the arc after id-PACE. `encoded`: f(password). `static`: the chip's key for chip authentication
    mapping. `draw`: random octets.
    """

    oid: bytes
    mapping: str
    suite: Suite
    group: Side
    encoded: bytes
    static: int
    draw: Callable[[int], bytes]
    fault: Fault | None = None

    def __post_init__(self) -> None:
        self._step = 0
        self._nonce = b""
        self._mapping_key = 0
        self._mapped: Side = self.group
        self._ephemeral = 0
        self._theirs = b""
        self._messaging: Messaging | None = None

    def step(self, data: bytes) -> tuple[bytes, Messaging | None]:
        """A GENERAL AUTHENTICATE: the answer, and at the end the channel. 6300 for a wrong token."""
        outer = objects(data)
        if len(outer) != 1 or outer[0][0] != 0x7C:
            raise StatusError(0x6A80)
        inner = objects(outer[0][1])
        self._step += 1
        steps = (self._send_nonce, self._map, self._agree, self._authenticate)
        if self._step > len(steps):
            raise StatusError(0x6985)
        return written(0x7C, steps[self._step - 1](inner)), self._messaging

    def _send_nonce(self, inner: list[tuple[int, bytes]]) -> bytes:
        if inner:
            raise StatusError(0x6A80)
        self._nonce = self.draw(nonce_length(self.suite) if self.mapping in INTEGRATED else 16)
        key = self.suite.derive(self.encoded, 3)
        return written(0x80, self.suite.encrypt(key, bytes(self.suite.block), self._nonce))

    def _map(self, inner: list[tuple[int, bytes]]) -> bytes:
        value = _value(inner, 0x81)
        if self.mapping in INTEGRATED:
            if len(value) != self.suite.key_length:
                raise StatusError(0x6A80)
            number = pseudo_random(self.suite, self._nonce, value, self.group.prime)
            self._mapped = self.group.integrated(number)
            return written(0x82, b"")
        self._mapping_key = self._private(self.group)
        own = self.group.public(self._mapping_key)
        self._mapped = self.group.generic(int.from_bytes(self._nonce), self._mapping_key, value)
        return written(0x82, value if self.fault is Fault.ECHO else own)

    def _agree(self, inner: list[tuple[int, bytes]]) -> bytes:
        self._theirs = _value(inner, 0x83)
        self._ephemeral = self._private(self._mapped)
        return written(0x84, self._mapped.public(self._ephemeral))

    def _authenticate(self, inner: list[tuple[int, bytes]]) -> bytes:
        own = self._mapped.public(self._ephemeral)
        channel = Messaging(self.suite, self._mapped.shared(self._ephemeral, self._theirs))
        if _value(inner, 0x85) != self._token(channel, own):
            raise StatusError(0x6300)
        token = self._token(channel, self._theirs)
        if self.fault is Fault.WRONG_TOKEN:
            token = bytes(octet ^ 0xFF for octet in token)
        self._messaging = channel
        answer = written(0x86, token)
        return answer + self._proof(channel) if self.mapping == CHIP_AUTHENTICATION else answer

    def _token(self, channel: Messaging, public: bytes) -> bytes:
        template = written(0x7F49, written(0x06, self.oid) + written(self.group.tag, public))
        return self.suite.mac(channel.authentication, template)

    def _proof(self, channel: Messaging) -> bytes:
        """A_IC = E(KSEnc, CA_IC), CA_IC = SK_IC^-1 * SK_Map,IC (§4.4.3.5.1)."""
        factor = pow(self.static, -1, self.group.order) * self._mapping_key % self.group.order
        octets = factor.to_bytes((self.group.order.bit_length() + 7) // 8)
        iv = self.suite.encrypt(channel.encryption, bytes(16), b"\xff" * 16)
        return written(0x8A, self.suite.encrypt(channel.encryption, iv, pad(octets, 16)))

    def _private(self, group: Side) -> int:
        return int.from_bytes(self.draw((group.order.bit_length() + 7) // 8 + 8)) % (group.order - 1) + 1


def _value(inner: list[tuple[int, bytes]], tag: int) -> bytes:
    if len(inner) != 1 or inner[0][0] != tag:
        raise StatusError(0x6A80)
    return inner[0][1]

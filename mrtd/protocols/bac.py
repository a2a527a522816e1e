"""Basic Access Control (ICAO 9303-11 §4.3)."""

from __future__ import annotations

from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.key_agreement import Randomness
from mrtd.crypto.session_ciphers import Cipher, session_keys
from mrtd.protocols.apdu import Command, Ins
from mrtd.protocols.errors import AccessDeniedError, ProtocolError
from mrtd.protocols.exchange import Exchange, Phase, send
from mrtd.protocols.password import Password
from mrtd.protocols.secure_messaging import SecureMessaging

_RND = 8
_KEY = 16


def basic_access_control(password: Password, randomness: Randomness) -> Exchange[SecureMessaging]:
    """Open the eMRTD application, which must be selected, with the key of the zone.

    Raises:
        AccessDeniedError: `bac.denied`: the chip does not know these lines.
        ProtocolError: `bac.no_challenge`, `bac.bad_response`: something else answered than a chip that has the key.
    """
    # The first 16 octets of the hash are the seed of KEnc and KMAC (§9.7.2).
    keys = session_keys(Cipher.TDES, password.encoded[:_KEY])
    # a) GET CHALLENGE
    (challenge,) = yield from send(Phase.BAC, Command(0, Ins.GET_CHALLENGE, 0, 0, expected=_RND))
    if not challenge.ok or len(challenge.data) != _RND:
        raise ProtocolError("bac.no_challenge", sw=challenge.sw)
    rnd_ic = challenge.data
    # b) E_IFD = E(KEnc, RND.IFD || RND.IC || K.IFD), M_IFD = MAC(KMAC, E_IFD)
    rnd_ifd, k_ifd = randomness(_RND), randomness(_KEY)
    e_ifd = ciphers.encrypt(Cipher.TDES, keys.encryption, rnd_ifd + rnd_ic + k_ifd)
    m_ifd = ciphers.token(Cipher.TDES, keys.authentication, e_ifd)
    data = e_ifd + m_ifd
    command = Command(0, Ins.EXTERNAL_AUTHENTICATE, 0, 0, data, expected=len(data))
    (answer,) = yield from send(Phase.BAC, command)
    if not answer.ok:
        raise AccessDeniedError("bac.denied", sw=answer.sw)
    # c) of the chip: the same, with its own key
    if len(answer.data) != len(data):
        raise ProtocolError("bac.bad_response", detail="length")
    e_ic, m_ic = answer.data[: len(e_ifd)], answer.data[len(e_ifd) :]
    if not ciphers.same(ciphers.token(Cipher.TDES, keys.authentication, e_ic), m_ic):
        raise ProtocolError("bac.bad_response", detail="code")
    plain = ciphers.decrypt(Cipher.TDES, keys.encryption, e_ic)
    # d) both nonces came back
    if not ciphers.same(plain[: 2 * _RND], rnd_ic + rnd_ifd):
        raise ProtocolError("bac.bad_response", detail="nonces")
    k_ic = plain[2 * _RND :]
    seed = bytes(one ^ other for one, other in zip(k_ifd, k_ic, strict=True))
    # §9.8.2: the counter begins with the halves of the nonces
    counter = int.from_bytes(rnd_ic[_RND // 2 :] + rnd_ifd[_RND // 2 :])
    return SecureMessaging(session_keys(Cipher.TDES, seed), counter)

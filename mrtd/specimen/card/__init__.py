"""A specimen chip that answers APDUs, written from ICAO 9303-11 alone: it shares no protocol code with the reader.

symmetric   key derivation, encryption and codes (pyca)
apdu        commands taken apart, answers put together
messaging   the chip's side of secure messaging
agreement   key agreement and the mappings of PACE
pace        PACE, step by step
keys        static keys by name
behaviour   what a chip has, its national habits, and faults on demand
card        the chip
relay       somebody between the terminal and a second chip
making      chips with documents on them
"""

from mrtd.specimen.card.behaviour import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer
from mrtd.specimen.card.card import SpecimenCard, TagLostError
from mrtd.specimen.card.making import make_card
from mrtd.specimen.card.relay import TranslatingRelay

__all__ = [
    "Behaviour",
    "ChipAuthenticationOffer",
    "Fault",
    "PaceOffer",
    "SpecimenCard",
    "TagLostError",
    "TranslatingRelay",
    "make_card",
]

"""A chip as a phone has it: something to connect to, that answers commands. What they mean is the server's business.

card        what a chip is to a program
specimen    the chip of the specimen state
pcsc        a chip on a reader of this machine (extra `pcsc`)
recording   what a specimen chip said, octet by octet, and again
"""

from service.client.cards.card import Card, NoCardError, TagLostError

__all__ = ["Card", "NoCardError", "TagLostError"]

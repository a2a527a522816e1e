"""Which chip `passkoll scan` reads: the words of `--reader`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.specimen.card import Fault, make_card
from mrtd.specimen.card.behaviour import PROFILES
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.cli.output import complain, refuse
from service.client.cards import Card
from service.client.cards.pcsc import PcscReader
from service.client.cards.specimen import SpecimenReader

_SPECIMEN: Final = "specimen"
_PCSC: Final = "pcsc"


@dataclass(frozen=True, slots=True, repr=False)
class Specimen:
    """What is known of a specimen chip beforehand, since this program makes it."""

    lines: tuple[str, ...]
    trust: TrustStore


@dataclass(frozen=True, slots=True, repr=False)
class Reader:
    """A chip, and what it is called in the output."""

    name: str
    card: Card
    specimen: Specimen | None = None

    @property
    def realm(self) -> Realm:
        """Of what it reads."""
        return Realm.PRODUCTION if self.specimen is None else Realm.SPECIMEN


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """`fault`, `fault_at`: what goes wrong with a specimen chip, at which command. `short`: no long commands."""

    fault: str | None = None
    fault_at: int = 0
    short: bool = False


def open_reader(spec: str, options: ReaderOptions, at: datetime) -> Reader:
    """The chip of `--reader`.

    Raises:
        typer.Exit: the words mean nothing.
        NoCardError: there is no such reader.
    """
    kind, _, name = spec.partition(":")
    if kind == _PCSC:
        if options.fault is not None:
            refuse("--fault is for specimen chips")
        card = PcscReader(name, extended_length=not options.short, waiting=_ask_for_passport)
        return Reader(_PCSC, card)
    if kind != _SPECIMEN:
        refuse(f"--reader is {_SPECIMEN}:PROFILE, {_PCSC} or {_PCSC}:NAME")
    return _specimen(name, options, at)


def _specimen(name: str, options: ReaderOptions, at: datetime) -> Reader:
    behaviour = PROFILES.get(name)
    if behaviour is None:
        refuse(f"--reader {_SPECIMEN}:PROFILE knows: {', '.join(PROFILES)}")
    if options.fault is not None:
        try:
            behaviour = replace(behaviour, fault=Fault(options.fault), at=options.fault_at)
        except ValueError:
            refuse(f"--fault knows: {', '.join(Fault)}")
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=at)
    chip = make_card(issuer, behaviour)
    sources = [source for file, data in issuer.trust().items() if (source := read_source(data, file)) is not None]
    known = Specimen(chip.document.mrz_lines, TrustStore.from_sources(sources, Realm.SPECIMEN, at=at))
    return Reader(f"{_SPECIMEN}:{name}", SpecimenReader(chip, extended_length=not options.short), known)


def _ask_for_passport(reader: str) -> None:
    complain(f"put the passport on {reader}")

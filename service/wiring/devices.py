"""Phones: enrolment, attestation, pairing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mrtd.pki.realm import Realm
from service.adapters.qr import SegnoQr
from service.adapters.system import SystemRandomness
from service.domain.attestation import AttestationJudge
from service.domain.devices import DevicePolicy
from service.domain.errors import ConfigurationError
from service.domain.identity import Role
from service.domain.ports import Clock, Randomness
from service.domain.proofs import ProofCheck
from service.domain.qr import QrDrawer
from service.domain.repositories import Database
from service.settings import DeviceKeys, Settings
from service.usecases.acting_person import ActingPerson
from service.usecases.challenge_device import ChallengeAgain, ChallengeDevice
from service.usecases.claim_pairing import ClaimPairing
from service.usecases.confirm_device import ConfirmDevice
from service.usecases.confirm_pairing import ConfirmPairing
from service.usecases.enrol_device import EnrolDevice
from service.usecases.invite_device import InviteDevice
from service.usecases.judging_attestation import JudgeAttestation
from service.usecases.list_devices import ListDevices
from service.usecases.open_pairing import OpenPairing
from service.usecases.renew_attestation import RenewAttestation
from service.usecases.revoke_device import RevokeDevice
from service.usecases.show_pairing import ShowPairing
from service.wiring.attestation import attestation_judge
from service.wiring.databases import at_the_shell, clock_of, open_database


@dataclass(frozen=True)
class Phones:
    """The use cases of phones. `origin`: how phones reach the service; None where they ask this machine directly."""

    invite: InviteDevice
    challenge: ChallengeDevice
    challenge_again: ChallengeAgain
    enrol: EnrolDevice
    renew: RenewAttestation
    confirm: ConfirmDevice
    revoke: RevokeDevice
    list: ListDevices
    open_pairing: OpenPairing
    claim_pairing: ClaimPairing
    show_pairing: ShowPairing
    confirm_pairing: ConfirmPairing
    qr: QrDrawer
    origin: str | None


def device_policy(settings: Settings) -> DevicePolicy:
    """Which phones may act.

    Raises:
        ConfigurationError: keys of software in the production realm.
    """
    specimen = settings.realm is Realm.SPECIMEN
    chosen = settings.device_keys or (DeviceKeys.SOFTWARE if specimen else DeviceKeys.ATTESTED)
    software = chosen == DeviceKeys.SOFTWARE
    if software and not specimen:
        raise ConfigurationError(
            "a key of software can be copied to any machine, and the production realm refuses it: "
            "start with PASSKOLL_DEVICE_KEYS=attested"
        )
    return DevicePolicy(software, timedelta(days=settings.attestation_days))


def phones(
    settings: Settings,
    database: Database,
    clock: Clock,
    randomness: Randomness,
    proof: ProofCheck,
    *,
    judge: AttestationJudge | None = None,
) -> Phones:
    """The use cases of phones over a database; a test may bring its own judge of attestations.

    Raises:
        ConfigurationError: keys of software in the production realm, or what attestations are judged by is not there.
    """
    judging = JudgeAttestation(judge or attestation_judge(settings), device_policy(settings))
    return Phones(
        InviteDevice(database, clock, randomness),
        ChallengeDevice(database, clock),
        ChallengeAgain(database, clock, randomness),
        EnrolDevice(database, clock, randomness, proof, judging),
        RenewAttestation(database, clock, proof, judging),
        ConfirmDevice(database, clock),
        RevokeDevice(database, clock),
        ListDevices(database),
        OpenPairing(database, clock, randomness),
        ClaimPairing(database, clock, randomness),
        ShowPairing(database, clock),
        ConfirmPairing(database, clock),
        SegnoQr(),
        settings.public_origin,
    )


#: Who lets phones in and out, at the console and on the command line.
MANAGERS: Final = frozenset({Role.ID_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR})


@dataclass(frozen=True)
class DeviceAdministration:
    """`passkoll device`: the use cases, and who acts by them. `origin`: how phones reach the service."""

    acting: ActingPerson
    invite: InviteDevice
    confirm: ConfirmDevice
    revoke: RevokeDevice
    list: ListDevices
    qr: QrDrawer
    origin: str


@contextmanager
def administer_devices(settings: Settings, *, clock: Clock | None = None) -> Iterator[DeviceAdministration]:
    """The administration of phones, over the database of a service with these settings.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    clock, randomness = clock or clock_of(settings), SystemRandomness()
    database = at_the_shell(open_database(settings, clock, randomness))
    try:
        yield DeviceAdministration(
            ActingPerson(database, MANAGERS),
            InviteDevice(database, clock, randomness),
            ConfirmDevice(database, clock),
            RevokeDevice(database, clock),
            ListDevices(database),
            SegnoQr(),
            settings.public_origin or f"http://{settings.host}:{settings.port}",
        )
    finally:
        database.engine.dispose()

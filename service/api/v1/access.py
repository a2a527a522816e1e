"""Which caller may use which route (API.md section 5): one table, tested for every route."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.domain.identity import Caller, Role
from service.domain.tokens import Scope

A, H, R, P, T = Caller.APP, Caller.HOLDER, Caller.REVIEWER, Caller.PORTAL, Caller.HARNESS

#: A phone by itself, and people at the console.
D, S = Caller.DEVICE, Caller.STAFF

#: Operation id -> who may call it; no entry, no answer.
ACCESS: Final[Mapping[str, frozenset[Caller]]] = MappingProxyType(
    {
        "open_verification": frozenset({A, H, R, P}),
        "list_verifications": frozenset({A, H, R, P}),
        "show_verification": frozenset({A, H, R, P}),
        "give_notice": frozenset({A, H}),
        "capture_mrz": frozenset({A, H}),
        "capture_photo": frozenset({A, H}),
        "issue_chip_challenge": frozenset({A, H}),
        "submit_chip": frozenset({A, H}),
        "read_chip_live": frozenset({A, H}),
        "relay_live_frame": frozenset({A, H}),
        "look_up_status": frozenset({R}),
        "show_portrait": frozenset({R}),
        "show_page": frozenset({R}),
        "show_mrz_crop": frozenset({R}),
        "review_verification": frozenset({R}),
        "cancel_verification": frozenset({A, H, R, P}),
        "open_hand_over": frozenset({A, R}),
        "claim_hand_over": frozenset({A, R}),
        "make_order": frozenset({P}),
        "show_order": frozenset({P}),
        "record_order_event": frozenset({P}),
        "revoke_verification": frozenset({R}),
        "protect_verification": frozenset({A, R}),
        "fetch_result": frozenset({P}),
        "consume_result": frozenset({P}),
        "show_result": frozenset({P}),
        "inspect_dump": frozenset({T}),
        "show_me": frozenset({A, S}),
        "list_sessions": frozenset({S}),
        "begin_step_up": frozenset({S}),
        "end_session": frozenset({S}),
        "end_all_sessions": frozenset({S}),
        "list_people": frozenset({S}),
        "show_person": frozenset({S}),
        "invite_person": frozenset({S}),
        "reset_person": frozenset({S}),
        "change_roles": frozenset({S}),
        "change_particulars": frozenset({S}),
        "vouch_for_person": frozenset({S}),
        "lock_person": frozenset({S}),
        "unlock_person": frozenset({S}),
        "invite_device": frozenset({S}),
        "list_devices": frozenset({S}),
        "confirm_device": frozenset({S}),
        "revoke_device": frozenset({S}),
        "challenge_again": frozenset({D}),
        "renew_attestation": frozenset({D}),
        "open_pairing": frozenset({S}),
        "claim_pairing": frozenset({D}),
        "show_pairing": frozenset({D, S}),
        "confirm_pairing": frozenset({S}),
    }
)

ADMINISTRATOR, ISSUER = Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER
SYSTEM, AUDITOR = Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR

#: Operation id -> the roles one of which a signed-in person needs for it; no entry, none is needed.
ROLES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "open_verification": frozenset({ADMINISTRATOR}),
        "list_verifications": frozenset({ADMINISTRATOR, ISSUER}),
        "show_verification": frozenset({ADMINISTRATOR, ISSUER}),
        "give_notice": frozenset({ADMINISTRATOR}),
        "capture_mrz": frozenset({ADMINISTRATOR}),
        "capture_photo": frozenset({ADMINISTRATOR}),
        "issue_chip_challenge": frozenset({ADMINISTRATOR}),
        "submit_chip": frozenset({ADMINISTRATOR}),
        "read_chip_live": frozenset({ADMINISTRATOR}),
        "relay_live_frame": frozenset({ADMINISTRATOR}),
        "look_up_status": frozenset({ADMINISTRATOR}),
        "show_portrait": frozenset({ADMINISTRATOR, ISSUER}),
        "show_page": frozenset({ADMINISTRATOR, ISSUER}),
        "show_mrz_crop": frozenset({ADMINISTRATOR, ISSUER}),
        "review_verification": frozenset({ADMINISTRATOR}),
        "cancel_verification": frozenset({ADMINISTRATOR}),
        "open_hand_over": frozenset({ADMINISTRATOR}),
        "claim_hand_over": frozenset({ADMINISTRATOR}),
        # with the role for protected identities beside one of these, as the use case says
        "protect_verification": frozenset({ADMINISTRATOR, ISSUER}),
        # who may ask for it and who may confirm it is settled by the use case
        "revoke_verification": frozenset({ADMINISTRATOR, ISSUER}),
        "invite_device": frozenset({ADMINISTRATOR, SYSTEM}),
        "list_devices": frozenset({ADMINISTRATOR, ISSUER, SYSTEM, AUDITOR}),
        "confirm_device": frozenset({ADMINISTRATOR, SYSTEM}),
        "revoke_device": frozenset({ADMINISTRATOR, SYSTEM}),
        # who works with the app
        "open_pairing": frozenset({ADMINISTRATOR}),
        "show_pairing": frozenset({ADMINISTRATOR}),
        "confirm_pairing": frozenset({ADMINISTRATOR}),
        "list_people": frozenset({SYSTEM, ADMINISTRATOR, ISSUER}),
        "show_person": frozenset({SYSTEM, ADMINISTRATOR, ISSUER}),
        "invite_person": frozenset({SYSTEM}),
        "reset_person": frozenset({SYSTEM}),
        "change_roles": frozenset({SYSTEM}),
        "change_particulars": frozenset({SYSTEM}),
        # who verified an identity document, and is no beginner
        "vouch_for_person": frozenset({SYSTEM, ADMINISTRATOR, ISSUER}),
        "lock_person": frozenset({SYSTEM}),
        "unlock_person": frozenset({SYSTEM}),
    }
)

CAPTURE, READ, VERIFICATIONS, RESULTS = Scope.CAPTURE, Scope.READ, Scope.VERIFICATIONS, Scope.RESULTS

#: Operation id -> the scopes one of which a token needs for it; no entry, and no token with scopes is good for it.
#: A session has no scopes and needs none; nor does a phone by itself, which may only sign somebody in.
SCOPES: Final[Mapping[str, frozenset[Scope]]] = MappingProxyType(
    {
        "open_verification": frozenset({CAPTURE, VERIFICATIONS}),
        "list_verifications": frozenset({READ, VERIFICATIONS}),
        "show_verification": frozenset({READ, VERIFICATIONS}),
        "give_notice": frozenset({CAPTURE}),
        "capture_mrz": frozenset({CAPTURE}),
        "capture_photo": frozenset({CAPTURE}),
        "issue_chip_challenge": frozenset({CAPTURE}),
        "submit_chip": frozenset({CAPTURE}),
        "read_chip_live": frozenset({CAPTURE}),
        "relay_live_frame": frozenset({CAPTURE}),
        "cancel_verification": frozenset({CAPTURE, VERIFICATIONS}),
        "protect_verification": frozenset({CAPTURE}),
        "open_hand_over": frozenset({CAPTURE}),
        "claim_hand_over": frozenset({READ}),
        "make_order": frozenset({Scope.ORDERS}),
        "show_order": frozenset({Scope.ORDERS}),
        "record_order_event": frozenset({Scope.ORDERS}),
        "fetch_result": frozenset({RESULTS}),
        "consume_result": frozenset({RESULTS}),
        "show_result": frozenset({RESULTS}),
        "inspect_dump": frozenset({Scope.INSPECTIONS}),
        "show_me": frozenset({READ}),
    }
)

#: What may be done by whoever may touch one case or order alone: a second person on the screen of the first one, and
#: the phone of a holder. The case itself is asked for everywhere (`Verification.exists_for`).
LIMITED: Final = frozenset(
    {
        "open_verification",
        "list_verifications",
        "show_verification",
        "give_notice",
        "capture_mrz",
        "capture_photo",
        "issue_chip_challenge",
        "submit_chip",
        "read_chip_live",
        "relay_live_frame",
        "look_up_status",
        "show_portrait",
        "show_page",
        "show_mrz_crop",
        "review_verification",
        "cancel_verification",
        "show_me",
        "begin_step_up",
        "end_session",
        # of the phone itself
        "challenge_again",
        "renew_attestation",
    }
)

#: Open to anyone: texts, public keys, and whether the service lives.
PUBLIC: Final = frozenset(
    {
        "show_catalogue",
        "show_public_keys",
        "show_configuration",
        "show_openid_configuration",
        "show_live",
        "show_ready",
        # whoever asks proves in the form who it is
        "show_authorization_server",
        "issue_token",
        "revoke_token",
        # whoever signs in, or makes an account theirs, proves it in the body; the browser is bound by a cookie
        "begin_sign_in",
        "finish_sign_in",
        "finish_openid_sign_in",
        "show_invitation",
        "accept_invitation",
        # a phone that shows a one-time code and proves its key
        "challenge_device",
        "enrol_device",
    }
)

"""Why a request cannot be done: one code for each, stable, with a text in every language of the catalogue.

A document that fails is never one of these; it is a report (API.md section 5). Nothing here carries personal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """The last part of `urn:passkoll:problem:<code>`."""

    MALFORMED_REQUEST = "malformed_request"
    UNAUTHENTICATED = "unauthenticated"
    INVALID_PROOF = "invalid_proof"
    FORBIDDEN = "forbidden"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    WRONG_STATE = "wrong_state"
    CONFLICT = "conflict"
    ATTEMPT_LIMIT = "attempt_limit"
    CHALLENGE_USED = "challenge_used"
    DECISION_CHANGED = "decision_changed"
    SAME_REVIEWER = "same_reviewer"
    SECOND_ACCOUNT = "second_account"
    SAME_SESSION = "same_session"
    SAME_SCREEN = "same_screen"
    OWN_PASSPORT = "own_passport"
    HANDLED_ACCOUNT = "handled_account"
    IDENTIFIERS_UNVERIFIED = "identifiers_unverified"
    SIGN_IN_REFUSED = "sign_in_refused"
    OWN_ACCOUNT = "own_account"
    LAST_ADMINISTRATOR = "last_administrator"
    IDENTIFIERS_DIFFER = "identifiers_differ"
    ALREADY_IN_USE = "already_in_use"
    STEP_UP_REQUIRED = "step_up_required"
    OTHER_DEVICE = "other_device"
    ORDER_STATE = "order_state"
    NOT_APPROVABLE = "not_approvable"
    TRUST_WITHDRAWN = "trust_withdrawn"
    ORDER_MISMATCH = "order_mismatch"
    ALREADY_CONSUMED = "already_consumed"
    ALREADY_RECORDED = "already_recorded"
    LOOKUP_NOT_APPLICABLE = "lookup_not_applicable"
    STATUS_LOOKUP_REQUIRED = "status_lookup_required"
    IN_PROGRESS = "in_progress"
    IDEMPOTENCY_KEY_REQUIRED = "idempotency_key_required"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    REQUEST_TIMEOUT = "request_timeout"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    VALIDATION_FAILED = "validation_failed"
    UNREADABLE_DUMP = "unreadable_dump"
    ATTESTATION_REFUSED = "attestation_refused"
    FINGERPRINT_MISMATCH = "fingerprint_mismatch"
    SAME_PERSON = "same_person"
    REASON_REQUIRED = "reason_required"
    ACCESS_REASON_REQUIRED = "access_reason_required"
    CHECKLIST_CONTRADICTED = "checklist_contradicted"
    TOO_MANY_REQUESTS = "too_many_requests"
    ERASED = "erased"
    NOT_DISPLAYABLE = "not_displayable"
    RECORD_UNREADABLE = "record_unreadable"
    INTERNAL_ERROR = "internal_error"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One place in a request that is wrong: a JSON pointer and a code, never the value."""

    pointer: str
    code: str


class ServiceError(Exception):
    """A request that cannot be done.

    Args:
        code: what is wrong.
        state: the state of the verification, if that is what stands in the way.
        errors: places in the request.
        retry_after_s: seconds until the same request may succeed.
    """

    def __init__(
        self,
        code: ProblemCode,
        *,
        state: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        self.code = code
        self.state = state
        self.errors = errors
        self.retry_after_s = retry_after_s
        super().__init__(code.value)


class ConfigurationError(RuntimeError):
    """The service did not start, since it must not or cannot start like this; the text says what to change."""

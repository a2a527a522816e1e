"""Why a proposal is refused."""

from __future__ import annotations

from mrtd.errors import MrtdError
from mrtd.inspection.reason import Reason


class ProposalError(MrtdError):
    """What an administrator asked for may not be done, or would change nothing.

    Of lists: `list_malformed`, `list_unsigned`, `list_signer` (`reason` says what is wrong), `list_undated`,
    `list_older`, `list_from_the_future`, `list_unchanged`, `no_list`, `several_lists`.
    Of publishers: `publisher_unknown`, `bad_publisher_name`, `bad_url`, `too_many_publishers`, `no_signer_csca`,
    `no_state`, `several_states`, `signer_pinned_twice`.
    Of certificates: `malformed`, `not_a_ca`, `not_a_dsc`, `specimen_mark`, `test_state`, `test_key`, `test_name`,
    `distrusted`, `not_pinned`, `not_on_probation`, `not_distrusted`, `bad_fingerprint`, `bad_reason`.
    Of CRLs: `crl_malformed`, `crl_untrusted`, `crl_superseded`, `crl_older`, `crl_from_the_future`.
    Of all: `unchanged`, `too_many`.

    Args:
        code: one of these.
        where: a publisher's name or a fingerprint.
        reason: what the judgement of a list's signer says.
    """

    def __init__(self, code: str, where: str = "", reason: Reason | None = None) -> None:
        super().__init__(code, where, "" if reason is None else reason.value)
        self.reason = reason

"""The objects that `passkoll trust` prints with `--json`: names in snake_case, times in UTC, digests hexadecimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from mrtd.files import SourceFiles
from mrtd.pki.administration import LeftOut
from mrtd.pki.issuing_states import state_of
from mrtd.pki.trust_store import TrustStore
from service.domain.trust import Activation, Draft
from service.usecases.trust_holdings import HoldingsDiff, ListLine, Members, PublisherLine, publisher_line
from service.usecases.trust_import import Imported
from service.usecases.trust_showing import TrustShown
from service.usecases.trust_staging import Staged
from service.usecases.trust_what_if import Finding, Movement, WhatIf

Json = dict[str, object]


def draft_json(draft: Draft) -> Json:
    """The store that waits."""
    return {
        "digest": draft.digest,
        "realm": None if draft.realm is None else draft.realm.value,
        "based_on": draft.based_on,
        "staged_at": _moment(draft.staged_at),
        "staged_by": draft.staged_by,
    }


def activation_json(activation: Activation) -> Json:
    """Who made which store the one in use, when and why."""
    return {
        "digest": activation.digest,
        "previous": activation.previous,
        "at": _moment(activation.at),
        "first": activation.first,
        "second": activation.second,
        "reason": activation.reason,
    }


def staged_json(staged: Staged) -> Json:
    """The draft after a change, what it changes, and what it holds without trusting it."""
    return {
        "draft": None if staged.draft is None else draft_json(staged.draft),
        "changed": staged.changed,
        "replaced": None if staged.replaced is None else draft_json(staged.replaced),
        "diff": None if staged.difference is None else staged.difference.to_json(),
        "decided": None if staged.decided is None else _decided_json(staged.decided),
        "left_out": [_left_out_json(one) for one in staged.left_out],
    }


def imported_json(imported: Imported, found: SourceFiles, publisher: str | None) -> Json:
    """What became of each thing that was offered, and the draft; `publisher` for what was fetched."""
    fetched: Json = {} if publisher is None else {"publisher": publisher}
    return {
        **fetched,
        "taken": [{"kind": one.kind.value, "file": one.name, "count": one.count} for one in imported.taken],
        "refused": [
            {
                "kind": one.kind.value,
                "file": one.name,
                "code": one.code,
                "detail": one.detail or None,
                "sha256": one.sha256,
            }
            for one in imported.refused
        ],
        "unreadable": list(found.unreadable),
        "skipped": len(found.skipped),
        **staged_json(imported.staged),
    }


def shown_json(shown: TrustShown) -> Json:
    """The store in use, the draft and the history, newest first."""
    condition = shown.condition
    return {
        "active": None if shown.active is None else activation_json(shown.active),
        "problem": None if shown.problem is None else shown.problem.value,
        "store": {
            "digest": condition.digest,
            "realm": condition.realm.value,
            "anchors": condition.anchors,
            "states": condition.states,
            "probation": condition.probation,
            "crls": condition.crls,
            "signers": condition.signers,
            "deviation_lists": condition.deviation_lists,
            "refused": dict(condition.refused),
            "expiring_90_days": condition.expiring,
            "old_lists": list(condition.old_lists),
            "warnings": [warning.value for warning in condition.warnings],
        },
        "publishers": {
            name: _publisher_json(publisher_line(publisher))
            for name, publisher in shown.active_holdings.publishers.items()
        },
        "decisions": {
            "distrusted": dict(shown.active_holdings.distrusted),
            "allowed_names": dict(shown.active_holdings.allowed_names),
            "accepted": len(shown.active_holdings.accepted),
            "settled": len(shown.active_holdings.settled),
        },
        "draft": None if shown.draft is None else draft_json(shown.draft),
        "draft_problem": None if shown.draft_problem is None else shown.draft_problem.value,
        "history": [activation_json(activation) for activation in reversed(shown.history)],
    }


def anchors_json(store: TrustStore, since: Mapping[str, Activation]) -> list[Json]:
    """Each anchor: where it comes from, and which activation brought it."""
    found: list[Json] = []
    for anchor in store.anchors:
        provenance = anchor.provenance
        brought = since.get(anchor.sha256)
        signed = provenance.list_signed_at
        found.append(
            {
                "sha256": anchor.sha256,
                "state": state_of(anchor.certificate),
                "not_after": _moment(anchor.entry.not_after),
                "kind": provenance.kind.value,
                "source": provenance.source,
                "list_sha256": provenance.list_sha256,
                "list_signed_at": None if signed is None else _moment(signed),
                "probation": provenance.probation,
                "since": None if brought is None else activation_json(brought),
            }
        )
    return found


def _publisher_json(publisher: PublisherLine) -> Json:
    return {
        "url": publisher.url,
        "signer_cscas": list(publisher.signer_cscas),
        "master_list": _list_json(publisher.master_list),
        "deviation_list": _list_json(publisher.deviation_list),
    }


def _list_json(held: ListLine | None) -> Json | None:
    return None if held is None else {"sha256": held.sha256, "signed_at": _moment(held.signed_at)}


def _decided_json(decided: HoldingsDiff) -> Json:
    """Fingerprints of what people name one by one, numbers of what comes in bulk."""
    return {
        "publishers": [
            {
                "name": change.name,
                "before": None if change.before is None else _publisher_json(change.before),
                "after": None if change.after is None else _publisher_json(change.after),
            }
            for change in decided.publishers
        ],
        "pins": _members_json(decided.pins),
        "others": _members_json(decided.others),
        "accepted": _members_json(decided.accepted),
        "distrusted": [asdict(change) for change in decided.distrusted],
        "allowed_names": [asdict(change) for change in decided.allowed_names],
        "settled": _numbers_json(decided.settled),
        "signers": _numbers_json(decided.signers),
        "crls": _numbers_json(decided.crls),
    }


def _members_json(members: Members) -> Json:
    return {"added": list(members.added), "removed": list(members.removed)}


def _numbers_json(members: Members) -> Json:
    return {"added": len(members.added), "removed": len(members.removed)}


def what_if_json(shown: TrustShown, found: WhatIf) -> Json:
    """What the draft would change; `worse`, `better` and `results_at_risk` name verifications or dumps."""
    return {
        "active": shown.active_store.digest,
        "draft": None if shown.draft is None else shown.draft.digest,
        "judged": found.judged,
        "changed": found.changed,
        "more": found.more,
        "movements": [_movement_json(movement) for movement in found.movements],
        "worse": list(found.worse),
        "better": list(found.better),
        "results_at_risk": list(found.results_at_risk),
        "unreadable": list(found.unreadable),
    }


def _movement_json(movement: Movement) -> Json:
    return {
        "issuing_state": movement.issuing_state,
        "before": _finding_json(movement.before),
        "after": _finding_json(movement.after),
        "count": movement.count,
    }


def _finding_json(finding: Finding) -> Json:
    return {
        "outcome": finding.outcome.value,
        "authenticity": finding.authenticity.value,
        "attention": finding.attention,
        "reason": finding.reason,
    }


def _left_out_json(one: LeftOut) -> Json:
    return {
        "what": one.what.value,
        "sha256": one.sha256,
        "reason": one.reason.value,
        "state": one.state,
        "because": None if one.because is None else one.because.value,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

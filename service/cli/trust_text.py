"""What `passkoll trust` says to people of drafts, activations and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from mrtd.pki.administration.store_diff import NO_STATE
from mrtd.pki.holdings import Holdings
from mrtd.pki.issuing_states import state_of
from mrtd.pki.trust_store import Anchor, TrustStore
from service.cli.output import BAD_MARK, GOOD_MARK, OPEN_MARK, marked
from service.cli.trust_changes import decision, publisher_words, staged
from service.cli.trust_words import counts, printable, wrapped
from service.domain.trust import Activation
from service.usecases.trust_condition import TrustCondition, TrustWarning
from service.usecases.trust_holdings import publisher_line
from service.usecases.trust_import import Imported, RefusedMaterial
from service.usecases.trust_showing import TrustShown
from service.usecases.trust_what_if import Finding, WhatIf

_NEUTRAL_MARK: Final = "NOT_APPLICABLE"
#: Ids and names; the counts are complete, and `--json` names more.
_SHOWN_IDS: Final = 20


def imported(screen: Console, found: Imported) -> None:
    """What was taken, the draft, and at the end, where people look, what was refused and why."""
    for one in found.taken:
        where = "" if one.name is None else f"  {printable(one.name)}"
        screen.print(marked(screen, "taken", GOOD_MARK), f"{one.count} {one.kind}{where}")
    staged(screen, found.staged)
    refused = [one for one in found.refused if not one.held_already]
    for material in found.refused:
        if material.held_already:
            screen.print(marked(screen, "held already", _NEUTRAL_MARK), _refused_words(material))
    for material in refused:
        screen.print(marked(screen, "refused", BAD_MARK), _refused_words(material))
    if refused:
        screen.print(marked(screen, f"{len(refused)} REFUSED: nothing of that is in the draft", BAD_MARK))


def _refused_words(one: RefusedMaterial) -> str:
    words = [one.kind.value, printable(one.name or one.sha256 or ""), one.code, one.detail]
    return "  ".join(word for word in words if word)


def what_if(screen: Console, found: WhatIf) -> None:
    """The pairs of findings that differ, and the verifications behind them."""
    screen.print(f"{found.judged} judged twice, {found.changed} would be found otherwise")
    if found.more:
        screen.print("there is older evidence that was not judged")
    for movement in found.movements:
        if movement.before != movement.after:
            screen.print(f"{printable(movement.issuing_state or NO_STATE)} {movement.count}")
            screen.print(f"  now         {_finding(movement.before)}")
            screen.print(f"  with draft  {_finding(movement.after)}")
    _names(screen, "worse", found.worse, BAD_MARK)
    _names(screen, "better", found.better, GOOD_MARK)
    _names(screen, "issued results that rest on what the draft takes away", found.results_at_risk, BAD_MARK)
    _names(screen, "unreadable", found.unreadable, OPEN_MARK)


def _finding(finding: Finding) -> str:
    return " ".join(part for part in (finding.outcome.value, finding.authenticity.value, finding.reason) if part)


def shown(screen: Console, found: TrustShown) -> None:
    """The store in use with what was decided for it, the draft, and the history."""
    if found.active is None and found.problem is None:
        screen.print("no store is in use: every document is judged no_trust_anchor")
    if found.active is not None:
        screen.print(f"in use {found.active.digest} ({found.condition.realm})")
    if found.problem is not None:
        screen.print(" ", marked(screen, found.problem.value, BAD_MARK), "see docs/operating.md, Trust store")
    elif found.active is not None:
        _condition(screen, found.condition)
        _decisions(screen, found.active_holdings)
    if found.draft is None and found.draft_problem is None:
        screen.print("no draft")
    if found.draft is not None:
        draft = found.draft
        screen.print(f"draft {draft.digest}")
        screen.print(f"  by {printable(draft.staged_by)}, {draft.staged_at:%Y-%m-%d %H:%M}")
    if found.draft_problem is not None:
        screen.print(
            " ", marked(screen, found.draft_problem.value, BAD_MARK), "the draft cannot be opened: discard it"
        )
    for activation in reversed(found.history):
        reason = "" if activation.reason is None else f": {printable(activation.reason)}"
        screen.print(f"{activation.at:%Y-%m-%d %H:%M} {activation.digest} {_people(activation)}{reason}")


def _decisions(screen: Console, holdings: Holdings) -> None:
    for name, publisher in holdings.publishers.items():
        screen.print(f"  publisher {name}")
        for words in publisher_words(publisher_line(publisher)):
            screen.print(f"    {words}")
    for words, reasons in (("distrust", holdings.distrusted), ("allow-name", holdings.allowed_names)):
        for sha256, reason in reasons.items():
            decision(screen, f"  {words} {sha256}", reason)


def _condition(screen: Console, found: TrustCondition) -> None:
    screen.print(f"  {found.anchors} anchors of {found.states} states, {found.probation} on probation")
    screen.print(f"  {found.crls} CRLs, {found.deviation_lists} deviation lists, {found.signers} signers apart")
    if found.refused:
        wrapped(screen, f"held, not trusted: {counts(found.refused)}")
    details = {
        TrustWarning.ANCHORS_EXPIRE: f"{found.expiring} within 90 days",
        TrustWarning.OLD_LISTS: ", ".join(found.old_lists),
    }
    for warning in found.warnings:
        screen.print(" ", marked(screen, warning.value, OPEN_MARK), details.get(warning, ""))


def anchors(screen: Console, store: TrustStore, since: Mapping[str, Activation]) -> None:
    """Each anchor, those on probation first; fingerprints are compared by people, so none is cut.

    `since` says which activation brought it; it is empty for a draft.
    """
    waiting = sum(anchor.provenance.probation for anchor in store.anchors)
    screen.print(f"{len(store.anchors)} anchors, {waiting} on probation")
    for anchor in sorted(store.anchors, key=_place):
        provenance, brought = anchor.provenance, since.get(anchor.sha256)
        signed = provenance.list_signed_at
        words = [
            state_of(anchor.certificate) or NO_STATE,
            anchor.sha256,
            "probation" if provenance.probation else "",
            provenance.kind.value,
            provenance.source,
            "" if signed is None else f"signed {signed:%Y-%m-%d}",
            "" if brought is None else f"since {brought.at:%Y-%m-%d} by {_people(brought)}",
        ]
        screen.print(" ", " ".join(word for word in words if word))


def _place(anchor: Anchor) -> tuple[bool, str, str]:
    return not anchor.provenance.probation, state_of(anchor.certificate) or "", anchor.sha256


def _people(activation: Activation) -> str:
    return printable(f"{activation.first}, {activation.second}")


def _names(screen: Console, words: str, names: Sequence[str], like: str) -> None:
    if not names:
        return
    screen.print(marked(screen, words, like), str(len(names)))
    for name in names[:_SHOWN_IDS]:
        screen.print(f"  {printable(name)}")
    if len(names) > _SHOWN_IDS:
        screen.print(f"  and {len(names) - _SHOWN_IDS} more: --json names them")

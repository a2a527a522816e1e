"""Lists that are offered to an administration, and which of them it takes (ICAO 9303-12 §5.3; SECURITY.md 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.specimen import authorities, list_recipes, security_object, stores
from mrtd.specimen.authorities import ListSigner
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.recipe import AT, Setting
from mrtd.specimen.security_object import SignedDataTemplate
from mrtd.specimen.trust_breakage import neighbour, neighbour_namesake, second_neighbour

Edit = Callable[[SignedDataTemplate], SignedDataTemplate]
#: The publisher of these stories is the neighbour, and lists both states.
PUBLISHER: Final = "xx"
_BEFORE: Final = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Offer:
    """A list that a publisher is said to have signed, and what an import says (`administration.take_lists`).

    `make` gives what is held, and the list; `code` is that of the refusal, None if the list is taken, and `reason`
    what is wrong with the signer.
    """

    name: str
    title: str
    make: Callable[[Setting], tuple[Holdings, bytes]]
    code: str | None
    reason: str | None = None

    def active(self, setting: Setting) -> Holdings:
        """What is held when the list is offered."""
        return self.make(setting)[0]

    def offered(self, setting: Setting) -> bytes:
        """The list."""
        return self.make(setting)[1]

    def written_past(self, setting: Setting) -> Holdings:
        """Holdings into which somebody wrote the list past the import."""
        held, raw = self.make(setting)
        (publisher,) = held.publishers.values()
        written = replace(publisher, master_list=HeldList(raw, setting.now, setting.now))
        return replace(held, publishers={publisher.name: written})


def _offered(
    signer: Callable[[Setting, SpecimenIssuer], ListSigner],
    *,
    edit: Edit = lambda template: template,
    age: timedelta = timedelta(0),
    active_age: timedelta | None = None,
) -> Callable[[Setting], tuple[Holdings, bytes]]:
    """A list of both states, and holdings that pin the neighbour for it.

    Args:
        signer: who signs the offered list, from the neighbour.
        edit: what to change before the signer signs.
        age: of the offered list; a negative one lies in the future.
        active_age: of a list of the neighbour alone that is active; None for no active list.
    """

    def make(setting: Setting) -> tuple[Holdings, bytes]:
        foreign = neighbour(setting)
        listed = (setting.issuer().csca_certificate, foreign.csca_certificate)
        offered = authorities.master_list(listed, signer(setting, foreign), setting.now - age, edit=edit)
        if active_age is None:
            held = stores.with_lists(foreign, name=PUBLISHER)
        else:
            moment = setting.now - active_age
            held = stores.publisher(PUBLISHER, foreign, foreign.csca_certificate, signed_at=moment)
        return stores.holdings(held, crls=(setting.issuer().crl,)), offered

    return make


def _own_signer(_: Setting, foreign: SpecimenIssuer) -> ListSigner:
    return authorities.list_signer(foreign)


def _same_again(setting: Setting) -> tuple[Holdings, bytes]:
    foreign = neighbour(setting)
    raw = authorities.master_list((foreign.csca_certificate,), authorities.list_signer(foreign), setting.now)
    return stores.holdings(stores.with_lists(foreign, master_list=raw, name=PUBLISHER)), raw


def _unsigned(setting: Setting) -> tuple[Holdings, bytes]:
    held, _ = _offered(_own_signer)(setting)
    return held, authorities.master_list_content((setting.issuer().csca_certificate,))


def _nobody_pinned(setting: Setting) -> tuple[Holdings, bytes]:
    held, offered = _offered(_own_signer)(setting)
    return replace(held, publishers={PUBLISHER: Publisher(PUBLISHER)}), offered


def _deviations(make: Callable[[Setting], bytes]) -> Callable[[Setting], tuple[Holdings, bytes]]:
    """A deviation list that Utopia is said to have signed; Utopia is pinned for it."""

    def offered(setting: Setting) -> tuple[Holdings, bytes]:
        return stores.holdings(stores.with_lists(setting.issuer(), name=PUBLISHER)), make(setting)

    return offered


def _emptied(template: SignedDataTemplate) -> SignedDataTemplate:
    return replace(template, content=authorities.master_list_content(()))


def _undated(template: SignedDataTemplate) -> SignedDataTemplate:
    attributes = security_object.signed_attributes(template.content_type, template.content, template.digest, None)
    return replace(template, attributes=attributes)


#: By name.
OFFERS: Final = MappingProxyType(
    {
        offer.name: offer
        for offer in (
            Offer("good", "a list of the publisher's signer", _offered(_own_signer), None),
            Offer("newer", "a list after the active one", _offered(_own_signer, active_age=_BEFORE), None),
            Offer("signed_by_its_own_anchor", "a list under a CSCA that stands in it alone",
                  _offered(lambda setting, _: authorities.list_signer(setting.issuer())), "list_signer", "no_csca"),
            Offer("signed_by_dsc", "a list signed by a document signer of the publisher",
                  _offered(lambda _, foreign: authorities.dsc_as_list_signer(foreign)),
                  "list_signer", "extended_key_usage"),
            Offer("signed_by_another_state", "a list signed by the list signer of another state",
                  _offered(lambda setting, _: authorities.list_signer(second_neighbour(setting))),
                  "list_signer", "no_csca"),
            Offer("signed_by_a_namesake", "a list under a CSCA of the publisher's name",
                  _offered(lambda setting, _: authorities.list_signer(neighbour_namesake(setting))),
                  "list_signer", "no_csca"),
            Offer("signer_expired", "a signer that ended yesterday",
                  _offered(lambda _, foreign: authorities.list_signer(
                      foreign, edit=lambda template: replace(template, not_after=AT - timedelta(days=1)))),
                  "list_signer", "expired"),
            Offer("content_changed", "a list emptied after it was signed",
                  _offered(_own_signer, edit=_emptied), "list_signer", "mismatch"),
            Offer("nobody_pinned", "a publisher for whom no CSCA is pinned", _nobody_pinned,
                  "list_signer", "no_trust_anchor"),
            Offer("unsigned", "the content of a list alone", _unsigned, "list_unsigned"),
            Offer("undated", "a list that does not say when it was signed", _offered(_own_signer, edit=_undated),
                  "list_undated"),
            Offer("older", "a list of before the active one, which has both states where that one has one",
                  _offered(_own_signer, age=_BEFORE, active_age=timedelta(0)), "list_older"),
            Offer("of_the_same_time", "another list of the same time as the active one",
                  _offered(_own_signer, active_age=timedelta(0)), "list_older"),
            Offer("unchanged", "the active list again", _same_again, "list_unchanged"),
            Offer("from_the_future", "a list of the day after tomorrow",
                  _offered(_own_signer, age=timedelta(days=-2)), "list_from_the_future"),
            Offer("own_deviations", "a deviation list of the state's signer",
                  _deviations(list_recipes.own_deviation_list), None),
            Offer("foreign_deviations", "a deviation list of another state",
                  _deviations(list_recipes.foreign_deviation_list), "list_signer", "no_csca"),
            Offer("deviations_of_a_list_signer", "a deviation list of the signer of master lists",
                  _deviations(list_recipes.deviation_list_of_a_master_list_signer),
                  "list_signer", "extended_key_usage"),
        )
    }
)  # fmt: skip

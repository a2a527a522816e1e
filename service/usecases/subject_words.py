"""The words of an extract, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LANGUAGES: Final = ("sv", "en")

WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "sv": {
            "title": "Utdrag ur personuppgifter (dataskyddsförordningen artikel 15)",
            "controller": "Personuppgiftsansvarig",
            "made_at": "Framställt",
            "document": "Handling",
            "cases": "Antal ärenden",
            "before": "Sekretesspröva före utlämnande och kontrollera mottagarens identitet.",
            "case": "Ärende",
            "purpose": "Ändamål",
            "order_reference": "Beställning",
            "opened_at": "Påbörjat",
            "state": "Läge",
            "reason": "Orsak",
            "two_documents": "Ärendet rör två handlingar; här visas bara det som nämner denna.",
            "person": "Personen enligt chippet",
            "printed_lines": "Maskinläsbara rader",
            "chip": "Filer från chippet",
            "outcome": "Kontroller",
            "machine": "Maskinens utfall",
            "finding": "Fynd",
            "register": "Svar från register",
            "revocation": "Återkallelse",
            "notices": "Informationstexter som lämnats",
            "reviews": "Granskningar",
            "reviewer": "Granskare",
            "approve": "godkänd",
            "refuse": "avslagen",
            "suspect_fraud": "misstanke om bedrägeri",
            "printed_name": "namn på sidan",
            "result": "Resultat",
            "issued_at": "Utfärdat",
            "consumed_at": "Använt",
            "recipients": "Utlämnat till",
            "retention": "Lagring",
            "until": "till",
            "not_kept": "lagras inte",
            "frozen": "Undantaget från gallring",
            "erased": "Gallrat",
            "history": "Behandlingshistorik (UTC)",
            "files": "Filer i arkivet",
            "none": "ingen",
        },
        "en": {
            "title": "Extract of personal data (General Data Protection Regulation, Article 15)",
            "controller": "Controller",
            "made_at": "Made",
            "document": "Document",
            "cases": "Number of cases",
            "before": "Before it is handed over: make the secrecy test, and verify who receives it.",
            "case": "Case",
            "purpose": "Purpose",
            "order_reference": "Order",
            "opened_at": "Opened",
            "state": "State",
            "reason": "Reason",
            "two_documents": "The case is about two documents; only what names this one is shown.",
            "person": "The person as the chip says",
            "printed_lines": "Machine readable lines",
            "chip": "Files of the chip",
            "outcome": "Checks",
            "machine": "What the machine found",
            "finding": "Finding",
            "register": "Answer of the register",
            "revocation": "Revocation",
            "notices": "Information texts that were given",
            "reviews": "Reviews",
            "reviewer": "Reviewer",
            "approve": "approved",
            "refuse": "refused",
            "suspect_fraud": "suspicion of fraud",
            "printed_name": "name on the page",
            "result": "Result",
            "issued_at": "Issued",
            "consumed_at": "Used",
            "recipients": "Disclosed to",
            "retention": "Storage",
            "until": "until",
            "not_kept": "not kept",
            "frozen": "Kept from erasure",
            "erased": "Erased",
            "history": "Log of the processing (UTC)",
            "files": "Files in the archive",
            "none": "none",
        },
    }
)

#: What the identity is wanted for, as people say it; a test sees that no kind is without words.
KINDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "sv": {"reserve_card_no_pnr": "identitetskontroll för reservkort till person utan personnummer"},
        "en": {"reserve_card_no_pnr": "identity check for a reserve card, for a person without a personnummer"},
    }
)

CLASSES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "sv": {"portrait": "bilder", "holder": "personuppgifter ur handlingen", "evidence": "bevis och resultat"},
        "en": {"portrait": "pictures", "holder": "data of the document", "evidence": "evidence and result"},
    }
)

#: Fields of EF.DG1, EF.DG11 and EF.DG12 that people have a word for; the rest stand under the standard's names.
FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "sv": {
            "document_code": "dokumenttyp",
            "issuing_state": "utfärdande stat",
            "nationality": "medborgarskap",
            "document_number": "dokumentnummer",
            "date_of_birth": "födelsedatum",
            "date_of_expiry": "giltigt till",
            "sex": "kön",
            "primary_identifier": "efternamn",
            "secondary_identifier": "förnamn",
            "optional_data": "övriga uppgifter",
            "full_name": "fullständigt namn",
            "other_names": "andra namn",
            "personal_number": "personnummer i utfärdande stat",
            "full_date_of_birth": "fullständigt födelsedatum",
            "place_of_birth": "födelseort",
            "permanent_address": "adress",
            "telephone": "telefon",
            "profession": "yrke",
            "issuing_authority": "utfärdande myndighet",
            "date_of_issue": "utfärdandedatum",
        },
        "en": {},
    }
)

#: What a controller tells whoever asks (Article 15.1 a to h), as far as it is the same in every case.
INFORMATION: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "sv": (
            (
                "Varför uppgifterna behandlas",
                "För att kontrollera identiteten hos den som ska få en handling på tillitsnivå 3, och för att kunna"
                " visa i efterhand att kontrollen gjordes rätt.",
            ),
            (
                "Varifrån uppgifterna kommer",
                "Från passets chip och sida, från beställningen, och från dem som granskade. Svar om en handling är"
                " spärrad kommer från den utfärdande statens register.",
            ),
            (
                "Vilka som får dem",
                "Den portal som beställde kontrollen får det undertecknade resultatet; se varje ärende.",
            ),
            (
                "Hur beslut fattas",
                "Maskinen kontrollerar; två människor beslutar. Inget beslut fattas enbart automatiskt (artikel 22),"
                " och ansikten jämförs av människor.",
            ),
            (
                "Dina rättigheter",
                "Du kan begära rättelse, radering, begränsning, och invända mot behandlingen, hos den"
                " personuppgiftsansvarige. Allmänna handlingar raderas bara efter gallringsbeslut. Klagomål tas"
                " emot av Integritetsskyddsmyndigheten (IMY).",
            ),
            (
                "Vilka som granskade",
                "De som arbetar här nämns inte vid namn i utdraget. Tid och ändamål för varje åtgärd framgår.",
            ),
        ),
        "en": (
            (
                "Why the data are processed",
                "To verify the identity of whoever is to get a credential at trust level 3, and to be able to show"
                " afterwards that it was verified as it should be.",
            ),
            (
                "Where the data come from",
                "From the chip and the page of the passport, from the order, and from those who reviewed. Whether a"
                " document is blocked is answered by the register of the issuing state.",
            ),
            (
                "Who gets them",
                "The portal that ordered the verification gets the signed result; see each case.",
            ),
            (
                "How decisions are made",
                "The machine checks; two people decide. No decision is made by automated means alone (Article 22),"
                " and faces are compared by people.",
            ),
            (
                "Your rights",
                "You can ask the controller for rectification, erasure and restriction, and object to the processing."
                " Official documents are erased only by a decision on disposal. Complaints are taken by"
                " Integritetsskyddsmyndigheten (IMY).",
            ),
            (
                "Who reviewed",
                "Those who work here are not named in this extract. The time and the purpose of each step are.",
            ),
        ),
    }
)

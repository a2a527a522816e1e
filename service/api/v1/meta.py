"""What anyone may read: texts, public keys, what this service offers, whether it lives."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response

from mrtd.pki.realm import Realm
from service.api.strict_json import GuardedRoute
from service.api.v1 import schemas
from service.api.v1.dependencies import ServicesOf
from service.api.v1.documented import public_problems
from service.domain.claims import metadata
from service.domain.errors import ProblemCode as Code
from service.domain.result import TOKEN_TYPES
from service.domain.verification import Kind

router = APIRouter(route_class=GuardedRoute, tags=["meta"])

#: Long enough to spare requests, short enough for a change of keys.
_KEYS_MAX_AGE_S = 300


@router.get("/v1/catalogue", operation_id="show_catalogue", responses=public_problems(Code.VALIDATION_FAILED))
def show_catalogue(services: ServicesOf, lang: Literal["sv", "en"] = "sv") -> schemas.CatalogueShown:
    """All texts for people: each reason, problem, advice and step with what to do now."""
    return schemas.CatalogueShown.model_validate({"lang": lang, **services.catalogue.texts(lang)})


@router.get("/.well-known/jwks.json", operation_id="show_public_keys")
def show_public_keys(services: ServicesOf, response: Response) -> dict[str, Any]:
    """The keys that verify results (RFC 7517)."""
    response.headers["Cache-Control"] = f"public, max-age={_KEYS_MAX_AGE_S}"
    return dict(services.signer.public_keys())


@router.get("/.well-known/passkoll-configuration", operation_id="show_configuration")
def show_configuration(services: ServicesOf) -> dict[str, Any]:
    """What this service offers: the metadata of OpenID Connect for Identity Assurance 1.0, and what is our own."""
    issuer = services.issuer
    specimen = issuer.realm is Realm.SPECIMEN
    return {
        **metadata(issuer),
        "realm": issuer.realm.value,
        "banner": "SPECIMEN: nothing here is a real identity" if specimen else None,
        "result_typ": TOKEN_TYPES[issuer.realm],
        "result_signing_alg_values_supported": ["ES256"],
        "kinds_supported": [kind.value for kind in Kind],
        # proofs and assertions are dated; a phone whose clock is wrong corrects itself by this
        "time": services.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@router.get("/.well-known/openid-configuration", operation_id="show_openid_configuration")
def show_openid_configuration(services: ServicesOf) -> dict[str, Any]:
    """The same metadata where OpenID programs look for it. Nobody signs in here: this is no OpenID provider."""
    return metadata(services.issuer)


@router.get("/v1/health/live", operation_id="show_live")
def show_live() -> schemas.Health:
    """The process answers."""
    return schemas.Health(status="live")


@router.get("/v1/health/ready", operation_id="show_ready", responses=public_problems(Code.NOT_READY))
def show_ready(services: ServicesOf) -> schemas.Health:
    """The database answers and has a schema of this software, and the keys are in reach.

    Old lists and other things that people should look after do not count here: `passkoll doctor` and the metrics
    tell of them.
    """
    services.check_readiness()
    return schemas.Health(status="ready")

"""The two schemas that the claims of a result keep to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from service import schemas

#: Without `format` asserted, a time without seconds would pass (ENGINEERING.md "Tests").
FORMATS = Draft202012Validator.FORMAT_CHECKER


def openid_validator(real_data: Path) -> Draft202012Validator:
    """`verified_claims` of the OpenID schema of 2026-07-01.

    Its references are remote, so a local registry answers them; it requires nothing at the top, so the inner object
    is what is validated.
    """
    folder = real_data / "schemas" / "openid"
    contents = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    registry = Registry().with_resources((content["$id"], Resource.from_contents(content)) for content in contents)
    base = "https://bitbucket.org/openid/ekyc-ida/raw/master/schema/verified_claims.json"
    return Draft202012Validator(
        {"$ref": f"{base}#/$defs/verified_claims_def"}, registry=registry, format_checker=FORMATS
    )


@pytest.fixture(scope="session")
def own_schema() -> Draft202012Validator:
    """The committed schema of the whole payload, closed everywhere."""
    return Draft202012Validator(schemas.load("result-claims"), format_checker=FORMATS)


@pytest.fixture
def follows_both(own_schema: Draft202012Validator, real_data: Path) -> Callable[[dict], None]:
    """Fails with the path of what does not fit either schema."""
    openid = openid_validator(real_data)

    def check(claims: dict) -> None:
        for validator, value in ((openid, claims["verified_claims"]), (own_schema, claims)):
            errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
            assert not errors, errors

    return check

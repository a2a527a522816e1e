"""Issuing areas over HTTP: who works in one does not know the cases of another."""

from __future__ import annotations

from tests.service.areas.conftest import headers
from tests.service.areas.test_protected_cases import without_id

NEVER = "/v1/verifications/vs_" + "A" * 26


def test_a_case_belongs_to_the_area_of_who_opened_it(client, opened) -> None:
    case = opened(areas=["north"])
    assert client.get(case, headers=headers(areas=["north"])).json()["area"] == "north"
    assert client.get(case, headers=headers(areas=["north", "south"])).status_code == 200
    assert client.get(case, headers=headers()).status_code == 200
    foreign = client.get(case, headers=headers(areas=["south"]))
    assert without_id(foreign) == without_id(client.get(NEVER, headers=headers(areas=["south"])))


def test_the_same_person_in_another_area_finds_nothing(client, opened) -> None:
    """A person who moved on takes no cases along."""
    case = opened(areas=["north"])
    assert client.get("/v1/verifications?mine", headers=headers(areas=["south"])).json() == {"verifications": []}
    assert client.post(f"{case}/cancel", headers=headers(areas=["south"])).status_code == 404
    assert client.get(case, headers=headers(areas=["north"])).json()["state"] == "created"


def test_a_case_of_the_whole_organisation_is_for_those_who_work_in_all_of_it(client, opened) -> None:
    case = opened()
    assert client.get(case, headers=headers()).json()["area"] is None
    assert client.get(case, headers=headers(areas=["north"])).status_code == 404


def test_an_order_of_another_area_is_nobodys(client, opened) -> None:
    opened({"order_reference": "order-1"}, areas=["north"])
    wish = {"kind": "reserve_card_no_pnr", "order_reference": "order-1"}
    answer = client.post("/v1/verifications", json=wish, headers=headers("two", areas=["south"]))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_who_works_in_several_areas_names_one(client, opened) -> None:
    wish = {"kind": "reserve_card_no_pnr"}
    both = {"areas": ["north", "south"]}
    answer = client.post("/v1/verifications", json=wish, headers=headers(**both))
    assert answer.json()["errors"] == [{"pointer": "/area", "code": "missing"}]
    foreign = client.post("/v1/verifications", json=wish | {"area": "west"}, headers=headers("two", **both))
    assert foreign.json()["errors"] == [{"pointer": "/area", "code": "enum"}]
    case = opened({"area": "south"}, key="three", **both)
    assert client.get(case, headers=headers(areas=["south"])).status_code == 200


def test_an_area_is_a_code(client) -> None:
    for area in ("", "Anna Andersson", "a" * 33, "-north", "år"):
        wish = {"kind": "reserve_card_no_pnr", "area": area}
        answer = client.post("/v1/verifications", json=wish, headers=headers())
        assert answer.json()["errors"] == [{"pointer": "/area", "code": "string_pattern_mismatch"}], area

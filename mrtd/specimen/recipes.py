"""Every recipe of the specimen state under one name: the building stones of the case folders."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from mrtd.specimen import (
    active_authentication_recipes,
    certificate_breakage,
    chip_recipes,
    crl_breakage,
    csca_breakage,
    data_group_recipes,
    forgeries,
    namesake_recipes,
    national_profiles,
    security_object_breakage,
    trust_breakage,
    validity_breakage,
)
from mrtd.specimen.algorithm_profiles import ALL_PROFILES
from mrtd.specimen.recipe import Recipe, issued, passed

_GENUINE: Final = tuple(
    Recipe(
        f"genuine_{profile.name.replace('-', '_')}",
        f"a genuine passport, {profile.name}",
        issued(),
        (passed("pa.sod.signature", "EF.SOD"), passed("pa.path", "DSC")),
        profile,
    )
    for profile in ALL_PROFILES.values()
    if not profile.name.startswith("aa-")
)

#: The names of genuine passports, one an algorithm profile.
GENUINE: Final = tuple(recipe.name for recipe in _GENUINE)
#: By name; no two families share one.
RECIPES: Final = MappingProxyType(
    {
        **{recipe.name: recipe for recipe in _GENUINE},
        **national_profiles.RECIPES,
        **security_object_breakage.RECIPES,
        **forgeries.RECIPES,
        **certificate_breakage.RECIPES,
        **csca_breakage.RECIPES,
        **validity_breakage.RECIPES,
        **trust_breakage.RECIPES,
        **namesake_recipes.RECIPES,
        **crl_breakage.RECIPES,
        **data_group_recipes.RECIPES,
        **active_authentication_recipes.RECIPES,
        **chip_recipes.RECIPES,
    }
)

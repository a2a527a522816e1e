"""A schema of before would show protected cases to everybody: nobody goes back to it while there is one."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text, update

from service.adapters.db.tables import verifications


def test_protected_cases_forbid_the_way_back(services, opened) -> None:
    opened({"protected": True}, id="pe_kur", roles=["id_administrator", "protected_identity"])
    database = services.database
    config = database._config

    def back() -> None:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0014")

    with pytest.raises(RuntimeError, match="protected identity"):
        back()
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM verifications WHERE protected")).scalar_one() == 1
        connection.execute(update(verifications).values(protected=False))
    back()
    database.upgrade()
    assert database.ready()

"""What the service's own role may do on PostgreSQL: everything it needs, and nothing that changes the audit trail.

The schema belongs to an owner who upgrades it; the service connects as another role. On SQLite, where there are no
roles, triggers alone refuse changes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from service.adapters.db.audit_tables import audit_actors, audit_checkpoints, audit_trail

#: Tables that the service adds to and reads.
APPEND_ONLY: Final = tuple(table.name for table in (audit_trail, audit_checkpoints, audit_actors))


def grant(connection: Connection, role: str) -> None:
    """Give the service's role its rights on the tables of this schema; made anew after each upgrade.

    Args:
        connection: of the owner.
        role: the role that the service connects as, without quotes.
    """
    if connection.dialect.name != "postgresql":
        return
    to = connection.dialect.identifier_preparer.quote_identifier(role)
    schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {to}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
        f"REVOKE ALL ON {', '.join(APPEND_ONLY)} FROM {to}",
        f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {to}",
        f"REVOKE DELETE ON audit_head FROM {to}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {to}",
    ):
        connection.exec_driver_sql(statement)


def may_change_trail(connection: Connection) -> bool:
    """Whether whoever is connected could change what was written, by a right, or by being or becoming the owner."""
    if connection.dialect.name != "postgresql":
        return False
    query = text(
        "SELECT bool_or(has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')"
        " OR pg_has_role(relowner, 'MEMBER')) FROM pg_class"
        " WHERE relname = ANY(:names) AND relnamespace = current_schema()::regnamespace"
    )
    return bool(connection.execute(query, {"names": list(APPEND_ONLY)}).scalar_one())

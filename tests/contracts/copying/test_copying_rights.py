"""A role that is no superuser copies a table, with the rights that the guide to a real estate gives it."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import OWN_SCHEMA
from feeds import DATABASE, ORDERS, Arrives
from orders import RealOrders
from psycopg import sql

from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.copying import PgCopying

pytestmark = pytest.mark.lab

GUIDE = Path(__file__).parents[3] / "docs" / "real-estate.md"
ROLE, PASSWORD = "copyist", "copies"
STANDING = (
    "GRANT USAGE ON SCHEMA pglogical TO dr_operator",
    "GRANT SET ON PARAMETER session_replication_role TO dr_operator",
    "GRANT SELECT, UPDATE, DELETE ON pglogical.local_sync_status TO dr_operator",
)
"""Of what the guide has already given it by then."""
ORIGINS = [f"pg_replication_origin_{verb}(text)" for verb in ("create", "oid", "session_setup")]
"""Of what a repair needs: docs/reconciliation.md."""


def rights() -> list[str]:
    """Return what the guide gives for copies, behind the line that says so."""
    text = GUIDE.read_text(encoding="utf-8")
    assert all(f"{right};" in text for right in STANDING)
    for_copies = text.partition("are to be copied whole")[2].partition("```")[0]
    return re.findall(r"^(GRANT .*?);", for_copies, flags=re.MULTILINE)


@pytest.fixture
def copyist(lab: Lab, own_schema: tuple[psycopg.Connection, psycopg.Connection]) -> Iterator[PgCopying]:
    """What copies, as the role."""
    west, (schema, role) = own_schema[1], map(sql.Identifier, (OWN_SCHEMA, ROLE))
    west.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(PASSWORD)))
    west.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    west.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(", ".join(ORIGINS)), role))
    yield PgCopying(Access(lab.address(WEST), PORTS.postgres, ROLE, PASSWORD), databases=[DATABASE])
    west.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
    west.execute(sql.SQL("DROP ROLE {}").format(role))


def test_the_rights_that_the_guide_gives_are_enough(
    real_orders: RealOrders, copyist: PgCopying, arrives: Arrives
) -> None:
    """In the schemas of the estate's own tables, as it says: here in the one of this test."""
    west = real_orders.session(WEST)
    ours = f"SCHEMA {sql.Identifier(OWN_SCHEMA).as_string(west)}"
    for right in (*STANDING, *rights()):
        west.execute(right.replace("dr_operator", ROLE).replace("SCHEMA public", ours).encode())
    real_orders.write(EAST, 1, 2, 3)
    real_orders.write(WEST, 3, 4)

    copyist.copy_anew(real_orders.stop(), [ORDERS.name])
    real_orders.west.start_applying()
    arrives(lambda: not copyist.under_way(), "the end of the copy")

    assert real_orders.rows(WEST) == dict.fromkeys((1, 2, 3), EAST)

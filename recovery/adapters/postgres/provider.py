"""Where a cluster is, and where it finds its provider: told anew when both were rebuilt on other hosts."""

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from recovery.adapters.postgres.sessions import text
from recovery.ports import Place

PLACED = ("host", "hostaddr", "port")
"""What says where a server is; the rest of a connection string says as whom, and how."""
LONGEST_NAME = 63
"""PostgreSQL cuts longer ones."""


def found_at(connection: Connection, here: Place, provider: Place) -> None:
    """Have this database's subscriptions find their provider there, as whom they did. Safe to repeat.

    By pglogical's own functions: a new interface of the provider's node, named after the place. By where the
    subscriber is itself, it copies whole tables; there is no function for that.
    """
    name = f"at_{provider.port}_{provider.host}"[:LONGEST_NAME]
    for subscription, node, interface, dsn, own, own_dsn in connection.execute(text("interfaces")).fetchall():
        with connection.transaction():
            connection.execute(
                "UPDATE pglogical.node_interface SET if_dsn = %s WHERE if_id = %s",
                [_placed(own_dsn, here), own],
            )
            if interface == name:
                continue
            if not _has(connection, node, name):
                added = [node, name, _placed(dsn, provider)]
                connection.execute("SELECT pglogical.alter_node_add_interface(%s, %s, %s)", added)
            connection.execute("SELECT pglogical.alter_subscription_interface(%s, %s)", [subscription, name])


def _placed(dsn: str, place: Place) -> str:
    known = {key: value for key, value in conninfo_to_dict(dsn).items() if key not in PLACED}
    return make_conninfo("", **known, host=place.host, port=place.port)


def _has(connection: Connection, node: str, name: str) -> bool:
    """Whether the node has an interface of that name: a try before this one made it."""
    query = (
        "SELECT 1 FROM pglogical.node_interface JOIN pglogical.node ON node_id = if_nodeid "
        "WHERE node_name = %s AND if_name = %s"
    )
    return connection.execute(query, [node, name]).fetchone() is not None

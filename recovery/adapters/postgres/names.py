"""Names in statements: quoted, and safe beside parameters."""

from psycopg import sql


def identifier(*names: str) -> sql.Identifier:
    """A name in a statement with parameters, where psycopg takes a single per cent sign for one of them.

    So every statement here is executed with parameters, if only with an empty list.
    """
    return sql.Identifier(*map(doubled, names))


def of_table(column: str) -> sql.Identifier:
    """A column of the table `t`."""
    return identifier("t", column)


def doubled(part: str) -> str:
    """Text of a statement with parameters, in which a per cent sign is only that."""
    return part.replace("%", "%%")

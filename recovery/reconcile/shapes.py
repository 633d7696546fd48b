"""What a table is: its name, its columns, and what tells one row from another."""

from dataclasses import dataclass

from pydantic import Field

from recovery.measurement import Frozen

Key = tuple[str, ...]
"""A row's key: its key columns as PostgreSQL writes them as text, in the key's order."""
INTEGERS = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True, order=True)
class TableName:
    """A table of one database. Also a dictionary's key, and the order in which tables are told."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        """The name, as a sentence has it."""
        return f"{self.database}/{self.schema}.{self.name}"

    @property
    def path(self) -> str:
        """The name, as a form takes it."""
        return f"{self.database}.{self.schema}.{self.name}"


class Column(Frozen):
    """One column."""

    name: str
    type: str = Field(description="As PostgreSQL's format_type writes it")
    generated: bool = Field(default=False, description="Reckoned by the server; nobody can set it")
    identity: bool = Field(
        default=False, description="GENERATED ALWAYS AS IDENTITY: only an INSERT can set it"
    )

    def __str__(self) -> str:
        """The column, as a sentence has it."""
        return f"{self.name} {self.type}{' generated' if self.generated else ''}"


class TableShape(Frozen):
    """A table's columns in their order, and its key."""

    name: TableName
    columns: tuple[Column, ...]
    key: tuple[str, ...] = Field(
        description="The primary key, or else a unique index over columns that are never null; empty without one"
    )

    @property
    def integer_key(self) -> str | None:
        """The key column, where the key is one integer."""
        types = {column.name: column.type for column in self.columns}
        return self.key[0] if len(self.key) == 1 and types[self.key[0]] in INTEGERS else None

    def unlike(self, other: "TableShape") -> str | None:
        """Return how *other*, the same table elsewhere, differs; None if rows of both can be compared."""
        for here, there in zip(self.columns, other.columns, strict=False):
            if str(here) != str(there):
                return f"a column is {here} here and {there} there"
        if len(self.columns) != len(other.columns):
            return f"it has {len(self.columns)} columns here and {len(other.columns)} there"
        if self.key != other.key:
            return f"its key is ({', '.join(self.key)}) here and ({', '.join(other.key)}) there"
        return None

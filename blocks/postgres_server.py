"""One region's PostgreSQL."""

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from recovery.adapters.postgres import Access, Postgres


class PostgresServer(Block):
    """One region's PostgreSQL. It holds settings; the client speaks SQL."""

    _block_type_name = "Eden DR PostgreSQL server"
    _block_type_slug = "eden-dr-postgres-server"

    host: str = Field(description="The region's writer endpoint")
    port: int = 5432
    user: str = Field(default="dr_operator", description="The role that the steps work as")
    password: SecretStr | None = None
    connect_timeout_s: int = Field(default=2, ge=1, description="Seconds a connection may take")
    node_groups: list[str] = Field(description="The replicated databases")
    application_roles: list[str] = Field(description="The roles whose writes a fence stops")
    maintenance_database: str = "postgres"
    probe_table: str = "dr_probe"

    def client(self) -> Postgres:
        """Return the client; it connects at its first use."""
        return Postgres(
            self.access(),
            node_groups=self.node_groups,
            application_roles=self.application_roles,
            maintenance_database=self.maintenance_database,
            probe_table=self.probe_table,
        )

    def access(self) -> Access:
        """Return where it is, and as whom we work in it."""
        return Access(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password.get_secret_value() if self.password else None,
            connect_timeout_s=self.connect_timeout_s,
        )

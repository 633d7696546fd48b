"""What a service of the lab is told at its start: by environment, as in a container."""

from dataclasses import dataclass
from os import environ

from lab.place import NODE_GROUPS, SERVICES

DATABASES = {
    service: database
    for service in SERVICES
    for database in NODE_GROUPS
    if database == "eden_" + service.removesuffix("-service")
}
"""Each service that keeps rows, and the database of its node group."""


@dataclass(frozen=True)
class Settings:
    """One region's service: who it is, and where its PostgreSQL and Redis are."""

    region: str
    address: str
    port: int
    postgres_port: int
    postgres_password: str
    redis_port: int
    redis_password: str

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read `EDEN_REGION` (the estate's `region_detection`) and the `LAB_*` variables."""
        return cls(
            region=environ["EDEN_REGION"],
            address=environ["LAB_ADDRESS"],
            port=int(environ["LAB_PORT"]),
            postgres_port=int(environ["LAB_POSTGRES_PORT"]),
            postgres_password=environ["LAB_POSTGRES_PASSWORD"],
            redis_port=int(environ["LAB_REDIS_PORT"]),
            redis_password=environ["LAB_REDIS_PASSWORD"],
        )

    def dsn(self, database: str) -> str:
        """The region's own database, as the application's role."""
        return (
            f"host={self.address} port={self.postgres_port} dbname={database} user=eden_app "
            f"password={self.postgres_password} connect_timeout=2"
        )

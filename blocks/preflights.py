"""What readiness asks: clients of both regions that only look."""

from blocks.postgres_server import PostgresServer
from blocks.redis_server import RedisServer
from recovery.adapters.alertmanager import Alertmanager
from recovery.adapters.postgres.preflight import PgPreflight
from recovery.adapters.redis_preflight import RedisPreflight
from recovery.adapters.region_guard import GuardClient
from recovery.adapters.tls_certificates import TlsCertificates
from recovery.estate import EstateFile
from recovery.readiness.ports import Preflights


def preflights(
    file: EstateFile, databases: dict[str, PostgresServer], caches: dict[str, RedisServer]
) -> Preflights:
    """Return the clients, by region; they connect at their first use."""
    automation = file.settings.automation
    observers = automation.observers if automation else {}
    return Preflights(
        databases={
            name: PgPreflight(
                server.access(),
                node_groups=server.node_groups,
                application_roles=server.application_roles,
                maintenance_database=server.maintenance_database,
            )
            for name, server in databases.items()
        },
        caches={name: RedisPreflight(server.access()) for name, server in caches.items()},
        certificates=TlsCertificates(),
        watching={
            place: Alertmanager(str(one.alertmanager), receiver="") for place, one in observers.items()
        },
        guards={
            name: GuardClient(gateway.guard)
            for name, gateway in file.settings.gateways.items()
            if gateway.guard
        },
    )

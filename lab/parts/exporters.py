"""What tells a region's Prometheus of its PostgreSQL and its Redis."""

from dataclasses import dataclass

from lab import process
from lab.asking import answer
from lab.parts.monitoring import FILES
from lab.place import NODE_GROUPS, PORTS, Lab

UP_DEADLINE_S = 15.0
SMALL = {"GOMAXPROCS": "1"}


@dataclass(frozen=True)
class PostgresExporter:
    """postgres_exporter with our own queries only, in each node group's database."""

    region: str

    @property
    def name(self) -> str:
        """One exporter a region."""
        return f"postgres-exporter-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables that are replicated, and the queries."""
        return (f"postgres-{self.region}", "replication", "monitoring")

    def start(self, lab: Lab) -> None:
        """Start it as the role that may read subscriptions, heartbeats and conflicts, and nothing else."""
        address = lab.address(self.region)
        sources = [
            f"postgresql://eden_monitor:{lab.secret('postgres-monitor')}@{address}:{PORTS.postgres}/{database}"
            "?sslmode=disable&connect_timeout=2"
            for database in NODE_GROUPS
        ]
        command = [
            "/usr/bin/prometheus-postgres-exporter",
            f"--web.listen-address={address}:{PORTS.postgres_exporter}",
            f"--extend.query-path={lab.folder / FILES / 'postgres-exporter.yml'}",
            "--disable-default-metrics",
            "--disable-settings-metrics",
            "--no-collector.database",
            "--no-collector.bgwriter",
        ]
        env = SMALL | {"DATA_SOURCE_NAME": ",".join(sources)}
        process.start(lab, self.name, command, region=self.region, env=env)

    def prove(self, lab: Lab) -> str:
        """It tells of a subscription in each database."""
        url = f"http://{lab.address(self.region)}:{PORTS.postgres_exporter}/metrics"

        def told() -> str | None:
            lines = answer(url).decode().splitlines()
            found = [line for line in lines if line.startswith("dr_subscription_replicating{")]
            return f"tells of {len(found)} subscriptions" if len(found) == len(NODE_GROUPS) else None

        return process.wait_until(told, what=f"{self.name}'s subscriptions", deadline_s=UP_DEADLINE_S)


@dataclass(frozen=True)
class RedisExporter:
    """redis_exporter."""

    region: str

    @property
    def name(self) -> str:
        """One exporter a region."""
        return f"redis-exporter-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it asks."""
        return (f"redis-{self.region}",)

    def start(self, lab: Lab) -> None:
        """Start it; the password goes by environment, which other accounts cannot read."""
        address = lab.address(self.region)
        command = [
            "/usr/bin/prometheus-redis-exporter",
            f"-web.listen-address={address}:{PORTS.redis_exporter}",
            f"-redis.addr=redis://{address}:{PORTS.redis}",
            "-connection-timeout=900ms",
            "-redis-only-metrics",
        ]
        env = SMALL | {"REDIS_PASSWORD": lab.secret("redis")}
        process.start(lab, self.name, command, region=self.region, env=env)

    def prove(self, lab: Lab) -> str:
        """It reaches its Redis."""
        url = f"http://{lab.address(self.region)}:{PORTS.redis_exporter}/metrics"
        process.wait_until(
            lambda: b"\nredis_up 1" in answer(url), what=f"{self.name}'s Redis", deadline_s=UP_DEADLINE_S
        )
        return "reaches its Redis"

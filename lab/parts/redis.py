"""One region's Redis; the one in the west follows the one in the east across the link."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from lab import process
from lab.account import owned
from lab.place import EAST, PORTS, Lab, other

UP_DEADLINE_S = 10.0


@dataclass(frozen=True)
class Redis:
    """A Redis 7 with a password, appending to disk."""

    region: str
    needs: tuple[str, ...] = ("link",)

    @property
    def name(self) -> str:
        """One server a region."""
        return f"redis-{self.region}"

    def start(self, lab: Lab) -> None:
        """Start it with its data; a new one in the west starts as a replica."""
        folder = lab.folder / "data" / self.name
        if not folder.exists():
            folder.mkdir(parents=True)
            (folder / "redis.conf").write_text(self._configuration(lab, folder))
        owned(folder)
        command = [_server(), folder / "redis.conf"]
        process.start(lab, self.name, command, region=self.region, serves=True)

    def prove(self, lab: Lab) -> str:
        """It answers; a replica also has its link up."""
        client = client_of(lab, self.region)

        def seen() -> str | None:
            info = client.info("replication")
            if info["role"] == "master":
                return "answers, takes writes"
            return "follows the other region" if info["master_link_status"] == "up" else None

        return process.wait_until(seen, what=f"{self.name}'s answer", deadline_s=UP_DEADLINE_S)

    def _configuration(self, lab: Lab, folder: Path) -> str:
        password = lab.secret("redis")
        lines = [
            f"bind {lab.address(self.region)}",
            f"port {PORTS.redis}",
            f"dir {folder}",
            f"requirepass {password}",
            f"masterauth {password}",
            "save ''",
            "appendonly yes",
            "repl-diskless-sync-delay 0",
            "repl-timeout 10",
            "repl-ping-replica-period 1",
        ]
        if self.region != EAST:
            lines.append(f"replicaof {lab.across(other(self.region))} {PORTS.redis}")
        return "\n".join(lines) + "\n"


def client_of(lab: Lab, region: str) -> redis.Redis:
    """A client of the region's Redis at its own address."""
    return redis.Redis(
        host=lab.address(region), port=PORTS.redis, password=lab.secret("redis"), socket_timeout=2
    )


def _server() -> str:
    return shutil.which("redis-server") or "/usr/bin/redis-server"

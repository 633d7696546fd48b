"""The intake's configuration file: read, checked, or refused in one line."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from deployments import config_file


def _a_port(listen: str) -> str:
    if int(listen.rpartition(":")[2]) not in range(65_536):
        raise ValueError("a port is at most 65535")
    return listen


Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:\d{1,5}$"), AfterValidator(_a_port)]


class Tls(BaseModel):
    """The door's own certificate, for where nothing in front of it ends TLS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path
    key: Path


class Config(BaseModel):
    """Where the intake listens, for which estate, who may send to it, and where it keeps what was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: Address
    spool: Path
    estate: Path = Field(description="The estate file: its two regions are the only ones that are judged")
    token_files: list[Path] = Field(min_length=1, max_length=2, description="One bearer token each")
    tls: Tls | None = None
    retention_hours: float = Field(
        default=168, ge=24, description="Of what ended; replays before it are stale"
    )
    expiry_minutes: float = Field(default=60, ge=10, description="For an open alert that nobody repeats")

    @property
    def address(self) -> tuple[str, int]:
        """Where the intake listens."""
        host, _, port = self.listen.rpartition(":")
        return host, int(port)

    @property
    def retention(self) -> timedelta:
        """How long the spool remembers what ended."""
        return timedelta(hours=self.retention_hours)

    @property
    def expiry(self) -> timedelta:
        """How long an open alert lasts that is neither repeated nor confirmed."""
        return timedelta(minutes=self.expiry_minutes)


def load(path: Path) -> Config:
    """Return the configuration in *path*, or raise `BadInput` with every key that is wrong, in one line."""
    return config_file.read(path, Config, service="intake")

"""The prober's configuration file: read, checked, or refused in one line."""

from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployments import config_file
from recovery.operation import RegionName

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-.]*[A-Za-z0-9])?$")]
Endpoint = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$")]


class Config(BaseModel):
    """What the prober asks, how often, and where it keeps and tells what it was answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listen: Endpoint
    ledger: Path
    global_name: Name
    nameservers: list[Endpoint] = Field(min_length=1)
    port: int = Field(ge=1, le=65535, description="The gateway's, in every region")
    scheme: Literal["http", "https"] = "http"
    services: list[Name] = Field(min_length=1)
    regions: dict[RegionName, IPv4Address] = Field(min_length=1)
    clients: int = Field(default=32, ge=1, le=256)
    rate_per_client_per_s: float = Field(default=2.5, gt=0, le=100)
    request_timeout_s: float = Field(default=1.0, gt=0, le=60)
    probe_interval_ms: int = Field(default=250, ge=10, le=60_000)
    health_path: str = Field(default="/health", pattern="^/")
    retention_hours: float = Field(default=24, gt=0)

    @property
    def retention(self) -> timedelta:
        """How long the ledger remembers a request."""
        return timedelta(hours=self.retention_hours)

    def region_of(self, address: str) -> str:
        """Return the region at *address*; an address that is no region's stands for itself."""
        return next((name for name, own in self.regions.items() if str(own) == address), address)


def load(path: Path) -> Config:
    """Return the configuration in *path*, or raise `BadInput` with every key that is wrong, in one line."""
    return config_file.read(path, Config, service="prober")

"""One region's gateway."""

from prefect.blocks.core import Block
from pydantic import Field

from recovery.adapters.haproxy import GatewayAccess, HaProxy


class RegionalGateway(Block):
    """One region's HAProxy. It holds settings; the client asks services and the runtime API."""

    _block_type_name = "Eden DR regional gateway"
    _block_type_slug = "eden-dr-regional-gateway"

    host: str = Field(description="The gateway's own address")
    port: int = 443
    scheme: str = "https"
    host_name: str = Field(description="The global name, sent as Host")
    admin: str | None = Field(default=None, description="The runtime API, host:port")

    health_path: str = Field(default="/health", description="Asked of each service, below its own path")

    def client(self) -> HaProxy:
        """Return the client; it connects at its first use."""
        return HaProxy(
            GatewayAccess(
                self.host, self.port, self.scheme, self.host_name, self.admin, health_path=self.health_path
            )
        )

"""Where one region's gateway is: the block of `recovery.gateways`, and of each stand-in."""

from typing import Annotated, Literal

from recovery.estate_file.kinds import Host, HostPort, Port
from recovery.estate_file.marks import Acts, Part


class Gateway(Part):
    """Where one region's gateway is reached without DNS."""

    address: Annotated[Host, Acts("asked directly to see whether the region serves")]
    port: Annotated[Port, Acts("that gateway's port")] = 443
    scheme: Annotated[Literal["http", "https"], Acts("how it is spoken to")] = "https"
    guard: Annotated[HostPort | None, Acts("its region guard: readiness sees that it can still ask")] = None
    admin: Annotated[HostPort | None, Acts("HAProxy's runtime API: the gateway is fenced through it")] = None

"""One region's gateway: HAProxy, one backend a service, with the runtime API that a fence uses."""

from dataclasses import dataclass

from lab import process
from lab.account import owned
from lab.asking import answers
from lab.place import PORTS, SERVICES, Lab

UP_DEADLINE_S = 10.0

CONFIGURATION = """
global
    stats socket ipv4@{address}:{admin} level admin expose-fd listeners
    maxconn 2000
    hard-stop-after 1s
defaults
    mode http
    timeout connect 500ms
    timeout client 30s
    timeout server 5s
    timeout http-keep-alive 30s
    option http-server-close
    # A request that reached no service says so: the client may call its row rejected, not unknown.
    errorfile 503 {folder}/503.http
frontend public
    bind {address}:{port}
    # A fenced region answers 503 to everybody, health checks too. `add map` closes it, `clear map` opens it.
    acl fenced str(region),map({folder}/fence.map) -m found
    http-request return status 503 content-type text/plain string "fenced" hdr X-Dr-Reached no if fenced
{routes}
    default_backend {default}
frontend metrics
    bind {address}:{metrics}
    # Prometheus is no customer: the least of sessions, so that the region's own limit stays what it is.
    maxconn 10
    http-request use-service prometheus-exporter if {{ path /metrics }}
"""

NO_SERVER = (
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Cache-Control: no-cache\r\n"
    "Content-Type: text/plain\r\n"
    "X-Dr-Reached: no\r\n\r\n"
    "no server for this service\r\n"
)


@dataclass(frozen=True)
class Gateway:
    """HAProxy in front of one region's services."""

    region: str

    @property
    def name(self) -> str:
        """One gateway a region."""
        return f"gateway-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it routes to."""
        return (f"services-{self.region}",)

    def start(self, lab: Lab) -> None:
        """Write the configuration, and start HAProxy with it; a fence does not survive this."""
        folder = lab.folder / "data" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "503.http").write_text(NO_SERVER, newline="")
        (folder / "fence.map").write_text("")
        routes = [f"    use_backend {service} if {{ path_beg /{service}/ }}" for service in SERVICES]
        backends = [
            f"backend {service}\n"
            f"    option httpchk GET /{service}/health\n"
            f"    server {self.region} {lab.address(self.region)}:{PORTS.services} check inter 1s fall 2 rise 1"
            for service in SERVICES
        ]
        text = CONFIGURATION.format(
            address=lab.address(self.region),
            admin=PORTS.gateway_admin,
            metrics=PORTS.gateway_metrics,
            port=PORTS.gateway,
            folder=folder,
            routes="\n".join(routes),
            default=SERVICES[0],
        )
        (folder / "haproxy.cfg").write_text(text + "\n".join(backends) + "\n")
        owned(folder)
        command = ["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]
        process.start(lab, self.name, command, region=self.region)

    def prove(self, lab: Lab) -> str:
        """Each service answers its health through the gateway."""

        def answered() -> bool:
            base = f"http://{lab.address(self.region)}:{PORTS.gateway}"
            return all(answers(f"{base}/{service}/health") for service in SERVICES)

        process.wait_until(answered, what=f"{self.name}'s eight services", deadline_s=UP_DEADLINE_S)
        return f"all {len(SERVICES)} services answer through it"

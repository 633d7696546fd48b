"""One region's gateway: HAProxy, one backend a service, with the runtime API that a fence uses.

It asks its region's guard, and serves nobody unless that says yes.
"""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.error import HTTPError

from lab import process
from lab.account import owned
from lab.asking import answers
from lab.parts.guard import RegionGuard, says
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
{guarded}{routes}
    default_backend {default}
frontend metrics
    bind {address}:{metrics}
    # Prometheus is no customer: the least of sessions, so that the region's own limit stays what it is.
    maxconn 10
    http-request use-service prometheus-exporter if {{ path /metrics }}
"""

GUARDED = """\
    # Closed by the region guard: it says no, it does not answer, or it has not said yes since this process started.
    acl guard_said_yes var(proc.guard_said_yes) -m bool
    acl guard_is_down nbsrv(region-guard) eq 0
    http-request return status 503 content-type text/plain lf-string "region guard: %[var(proc.guard)]\\n" \
hdr X-Dr-Reached no hdr X-Dr-Guard "region guard: %[var(proc.guard)]" if guard_is_down || !guard_said_yes
"""
GUARD = """\
backend region-guard
    option httpchk
    timeout check 500ms
    http-check send meth GET uri /
    http-check expect rstatus .
    http-check set-var(proc.guard) res.fhdr(x-dr-guard)
    http-check expect status 200
    # HAProxy takes a server for up until its first check has failed: what counts is the first yes.
    http-check set-var(proc.guard_said_yes) bool(true)
    # Closed after 5 s without a yes, so that a guard may be started again; one yes opens. The first look is at once.
    server guard {address}:{guard} check inter 1s fastinter 100ms fall 40 rise 1
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
    """HAProxy in front of one region's services; one that is not *guarded* serves whatever the journal says."""

    region: str
    guarded: bool = False

    @property
    def name(self) -> str:
        """One gateway a region."""
        return f"gateway-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """What it routes to, and whom it asks."""
        guard = (RegionGuard(self.region).name,) if self.guarded else ()
        return (f"services-{self.region}", *guard)

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
            guarded=GUARDED if self.guarded else "",
            routes="\n".join(routes),
            default=SERVICES[0],
        )
        guard = GUARD.format(address=lab.address(self.region), guard=PORTS.guard) if self.guarded else ""
        (folder / "haproxy.cfg").write_text(text + "\n".join(backends) + "\n" + guard)
        owned(folder)
        command = ["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]
        process.start(lab, self.name, command, region=self.region, serves=True)

    def prove(self, lab: Lab) -> str:
        """Each service answers its health through the gateway; none does where the guard keeps the region closed."""

        def answered() -> str | None:
            if self.guarded and not (said := says(lab, self.region)).may_serve:
                return f"closed: {said.why}" if self._refuses(lab) else None
            return f"all {len(SERVICES)} services answer through it" if self._answers(lab) else None

        return process.wait_until(answered, what=f"{self.name}'s eight services", deadline_s=UP_DEADLINE_S)

    def _answers(self, lab: Lab) -> bool:
        return all(answers(f"{self._url(lab)}/{service}/health") for service in SERVICES)

    def _refuses(self, lab: Lab) -> bool:
        try:
            return not answers(f"{self._url(lab)}/health")
        except HTTPError as error:
            told = error.headers.get("X-Dr-Guard", "")
            return error.code == HTTPStatus.SERVICE_UNAVAILABLE and "closed" in told

    def _url(self, lab: Lab) -> str:
        return f"http://{lab.address(self.region)}:{PORTS.gateway}"

"""The name server's process beside a real API, real gateways and a real stop object."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from recovery.adapters import aws
from recovery.adapters.dns import AuthoritativeDns
from recovery.adapters.route53 import Route53
from recovery.adapters.stop_object import StopObject

HOST, EAST, WEST = "127.98.8.1", "127.98.8.10", "127.98.8.20"
ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 20.0
CALLER = count()


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline, turn = time.monotonic() + DEADLINE_S, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"{what} was not seen in {DEADLINE_S:.0f} s"
        turn.wait(0.02)


class Gateway(BaseHTTPRequestHandler):
    """Answers with its server's `status`."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def a_gateway(host: str, status: int = 200) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer((host, 0), Gateway) as server:
        server.status = status
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Estate:
    """A zone with a region east and a region west, the process that serves it, and what runs it all."""

    def __init__(self, stack: ExitStack) -> None:
        self.moto = ThreadedMotoServer(HOST, 0, verbose=False)
        self.moto.start()
        stack.callback(self.moto.stop)
        port = self.moto.get_host_and_port()[1]
        self.endpoint = aws.Endpoint(
            "us-east-1", f"http://{HOST}:{port}", aws.Credentials("id", "key"), 1, 10
        )
        self.east, self.west = [stack.enter_context(a_gateway(host)) for host in (EAST, WEST)]
        self.stop = self._stop_object()
        self._client = boto3.client("route53", **self.endpoint.arguments())
        stack.callback(self._client.close)
        self.zone_id = self._zone()
        self.switch = Route53(self.zone_id, "api.example.com", self.endpoint)
        self.process = self._start(stack)
        line = next((line for line in self.process.stdout if line.startswith("listening ")), "")
        assert line, self.process.stderr.read()
        self.server = AuthoritativeDns([line.split()[1]])

    def answers(self) -> str:
        return self.server.resolve("api.example.com").addresses[0]

    def answers_only(self, address: str) -> bool:
        return {self.answers() for _ in range(30)} == {address}

    def answers_both(self) -> bool:
        return {self.answers() for _ in range(60)} == {EAST, WEST}

    def _start(self, stack: ExitStack) -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-m",
            "lab.dns",
            "--listen",
            f"{HOST}:0",
            "--route53",
            str(self.endpoint.url),
        ]
        command += ["--zone-id", self.zone_id, "--checker-pace", "0.01"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        stack.callback(process.communicate, timeout=10)
        stack.callback(process.terminate)
        return process

    def _stop_object(self) -> StopObject:
        client = boto3.client("s3", **self.endpoint.arguments())
        client.create_bucket(Bucket="stop-bucket")
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        policy = {
            "Version": "2012-10-17",
            "Statement": [statement | {"Resource": "arn:aws:s3:::stop-bucket/*"}],
        }
        client.put_bucket_policy(Bucket="stop-bucket", Policy=json.dumps(policy))
        client.close()
        return StopObject("stop-bucket", "east", self.endpoint)

    def _zone(self) -> str:
        zone = self._client.create_hosted_zone(Name="example.com", CallerReference=str(next(CALLER)))
        zone_id = zone["HostedZone"]["Id"].rsplit("/", 1)[-1]
        gateways = {
            name: self._check(server, "/health")
            for name, server in (("east", self.east), ("west", self.west))
        }
        stop = self._check(self.moto.get_host_and_port(), "/stop-bucket/east", Inverted=True)
        both = {"Type": "CALCULATED", "ChildHealthChecks": [gateways["east"], stop], "HealthThreshold": 2}
        checks = {"east": self._create(both), "west": gateways["west"]}
        changes = [
            {"Action": "CREATE", "ResourceRecordSet": record}
            for name, address in (("east", EAST), ("west", WEST))
            for record in (
                {
                    "Name": f"{name}.example.com",
                    "Type": "A",
                    "TTL": 1,
                    "ResourceRecords": [{"Value": address}],
                },
                {"Name": "api.example.com", "Type": "A", "SetIdentifier": name, "Weight": 50}
                | {"HealthCheckId": checks[name]}
                | {
                    "AliasTarget": {
                        "HostedZoneId": zone_id,
                        "DNSName": f"{name}.example.com",
                        "EvaluateTargetHealth": False,
                    }
                },
            )
        ]
        self._client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
        return zone_id

    def _check(self, server: ThreadingHTTPServer | tuple[str, int], path: str, **changes: bool) -> str:
        host, port = server if isinstance(server, tuple) else server.server_address
        config = {"Type": "HTTP", "IPAddress": host, "Port": port, "ResourcePath": path}
        return self._create(config | {"RequestInterval": 10, "FailureThreshold": 1} | changes)

    def _create(self, config: dict[str, object]) -> str:
        check = self._client.create_health_check(CallerReference=str(next(CALLER)), HealthCheckConfig=config)
        return check["HealthCheck"]["Id"]


@pytest.fixture
def estate() -> Iterator[Estate]:
    with ExitStack() as stack:
        yield Estate(stack)


def test_answers_follow_weights_stops_health_and_force(estate: Estate) -> None:
    """The four ways to move traffic, one after the other, each undone."""
    eventually(estate.answers_both, "both regions")

    estate.switch.set_weights({"east": 0, "west": 100})
    eventually(lambda: estate.answers_only(WEST), "west alone, by weight")
    estate.switch.set_weights({"east": 50, "west": 50})
    eventually(estate.answers_both, "both regions again")

    estate.stop.put()
    eventually(lambda: estate.answers_only(WEST), "west alone, by the stop object")
    estate.stop.remove()
    eventually(estate.answers_both, "both regions again")

    estate.east.status = 500
    eventually(lambda: estate.answers_only(WEST), "west alone, by the health of east")
    estate.east.status = 200
    eventually(estate.answers_both, "both regions again")

    estate.switch.mark_unhealthy("east")
    eventually(lambda: estate.answers_only(WEST), "west alone, by force")
    estate.west.status = 500
    eventually(estate.answers_both, "all as if healthy, as none is")


def test_weight_zero_is_not_off_but_forced_unhealthy_is(estate: Estate) -> None:
    """A hiccup of the new region sends users back to the old one, unless that is unhealthy too.

    With all unhealthy, the weights count again: so both are needed, weight zero and force.
    """
    eventually(estate.answers_both, "both regions")
    estate.switch.set_weights({"east": 0, "west": 100})
    eventually(lambda: estate.answers_only(WEST), "west alone, by weight")

    estate.west.status = 500
    eventually(lambda: estate.answers_only(EAST), "the old region, at weight zero")

    estate.switch.mark_unhealthy("east")
    eventually(lambda: estate.answers_only(WEST), "the new region, unhealthy as it is")


def test_answers_go_on_without_the_api_and_end_with_sigterm(estate: Estate) -> None:
    """Route 53's data plane does not need its control plane; checks go on too."""
    eventually(estate.answers_both, "both regions")

    estate.moto.stop()
    estate.east.status = 500

    eventually(lambda: estate.answers_only(WEST), "west alone, by the health of east")
    lost = line_of(estate.process, "action=lost_api")
    estate.process.send_signal(signal.SIGTERM)
    out, err = estate.process.communicate(timeout=10)
    assert estate.process.returncode == 0
    assert err == ""
    assert "answers='from the last copy'" in lost
    assert "Traceback" not in out


def line_of(process: subprocess.Popen[str], word: str) -> str:
    """Return the next line with *word* that the process logs; it is killed where none comes within 10 s."""
    assert process.stdout is not None
    deadline = threading.Timer(10, process.kill)
    deadline.start()
    try:
        return next((line for line in process.stdout if word in line), "no such line")
    finally:
        deadline.cancel()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--listen", "nowhere"], "'nowhere' is no address; give it as 127.0.30.1:5300"),
        (["--listen", f"{HOST}:0", "--checker-pace", "0"], "--checker-pace is 0.0; give a factor above 0"),
    ],
)
def test_bad_options_end_with_status_2(options: list[str], told: str) -> None:
    command = [sys.executable, "-m", "lab.dns", *options, "--route53", f"http://{HOST}:1", "--zone-id", "Z1"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 2
    assert told in ended.stderr

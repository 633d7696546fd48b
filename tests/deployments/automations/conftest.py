"""What the tests of automations stand on: a real Prefect server, and somebody who is called."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from uuid import UUID

import pytest
import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client

from deployments import registration
from deployments.automations.of_estate import Blocks, blocks_of
from lab.account import house
from lab.parts.prefect import PrefectServer
from lab.place import claim
from lab.running import down, refuse_second, start_all
from recovery.estate import EstateFile

ROOT = Path(__file__).parents[3]


class Receiver(ThreadingHTTPServer):
    """Takes what notification blocks send: each message under the path it was sent to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taken)
        self.messages = list[tuple[str, dict[str, str]]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def told(self, where: str, word: str = "") -> list[dict[str, str]]:
        """Return the messages to *where* that hold *word*."""
        return [message for path, message in self.messages if path == where and word in json.dumps(message)]


class _Taken(BaseHTTPRequestHandler):
    server: Receiver
    said: ClassVar[bytes] = b"ok"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append((self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.said)))
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield receiver
        receiver.shutdown()


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """Return the API of a Prefect server that looks each second for what did not happen; by default each 5 s."""
    from prefect import settings  # noqa: PLC0415 - takes seconds, and few tests need it
    from prefect.events.clients import NullEventsClient, PrefectEventsClient  # noqa: PLC0415
    from prefect.events.worker import EventsWorker  # noqa: PLC0415

    name = f"automations-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    with pytest.MonkeyPatch.context() as patch, control:
        patch.setenv("PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY", "PT1S")
        patch.setenv("PREFECT_API_URL", lab.prefect_url)  # for `prefect deploy`, which is a process
        changed = {
            settings.PREFECT_API_URL: lab.prefect_url,
            settings.PREFECT_HOME: lab.folder / "data" / "client",
            settings.PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
        }
        try:
            start_all(lab, [PrefectServer()], lambda _: None)
            with settings.temporary_settings(changed):
                EventsWorker.set_client_override(PrefectEventsClient)
                yield lab.prefect_url
                EventsWorker.drain_all(timeout=5)
        finally:
            EventsWorker.set_client_override(NullEventsClient)
            down(lab)
            shutil.rmtree(lab.folder)


@dataclass(frozen=True)
class Deployed:
    """The estate's file, registered on the server."""

    path: Path
    lines: list[str]
    file: EstateFile
    blocks: Blocks
    deployment: UUID


@pytest.fixture(scope="package")
def client(server: str) -> Iterator[SyncPrefectClient]:
    assert server
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture(scope="package")
def deployed(
    client: SyncPrefectClient, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    for name, path in (("dr-oncall", "page"), ("dr-channel", "notice")):
        CustomWebhookNotificationBlock(
            name=name,
            url=f"{receiver.url}/{path}",
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
        ).save(name)
    path = an_estate_file(tmp_path_factory.mktemp("estate"))
    lines = registration.register(path)
    file = EstateFile.read(path)
    deployment = client.read_deployment_by_name("region-failover/region-failover").id
    return Deployed(path, lines, file, blocks_of(client, file), deployment)


def an_estate_file(
    folder: Path, page: str = "custom-webhook/dr-oncall", notice: str | None = "custom-webhook/dr-channel"
) -> Path:
    """Write the example estate, whose block `recovery` names these notification blocks."""
    lines = (ROOT / "estate.yaml").read_text().splitlines()
    block = "\n".join(line.removeprefix("# ") for line in lines[lines.index("# recovery:") :])
    values = yaml.safe_load("\n".join(lines)) | yaml.safe_load(block)
    prefect = {"api_url": "http://prefect.example.com/api", "page_block": page, "notice_block": notice}
    values["recovery"]["prefect"] = {key: value for key, value in prefect.items() if value is not None}
    path = folder / "estate.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.fixture
def written() -> Callable[..., Path]:
    """Return what writes the example estate with other notification blocks."""
    return an_estate_file

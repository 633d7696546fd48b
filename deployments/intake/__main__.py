"""`python -m deployments.intake --config intake.yaml`: the alert intake of one estate."""

import argparse
import asyncio
import gc
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import uvicorn
import uvloop

from deployments import server
from deployments.intake.api import Door, app
from deployments.intake.attribution import Listed
from deployments.intake.auth import Tokens
from deployments.intake.config import Config, load
from deployments.intake.headers import HeadersInTime
from deployments.intake.known import Known
from deployments.intake.looking import Observer
from deployments.intake.metrics import Metrics
from deployments.intake.readiness import ReadinessMetrics, keep_shown
from deployments.intake.store import Store
from deployments.monitoring.alertmanager import RECEIVER
from recovery.adapters.alertmanager import Alertmanager
from recovery.adapters.prometheus import Prometheus
from recovery.errors import RecoveryError, Unavailable
from recovery.estate import EstateFile
from recovery.estate_file import automation as keys
from recovery.policy import automation_of, correlation_of

PRUNE_S = 600.0
TURN_S = 0.0002
"""How long a thread may go on while others wait. With Python's 5 ms the door waits for the evaluations."""


def main() -> None:
    """Serve until SIGTERM; what was accepted is on the disk, and evaluated by the next start."""
    parser = argparse.ArgumentParser(description="The alert intake")
    parser.add_argument("--config", type=Path, required=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = load(parser.parse_args().config)
        file = EstateFile.read(config.estate)
        server.use_server_of(file, must_answer=False)
        uvloop.run(_serve(config, file))
    except RecoveryError as error:
        sys.exit(f"intake: {error}")


async def _serve(config: Config, file: EstateFile) -> None:
    # Imported here: Prefect reads its settings when it is, and the flow is warm from then on.
    from blocks.estate import Estate  # noqa: PLC0415
    from deployments import running  # noqa: PLC0415
    from deployments.intake.catching_up import keep_told  # noqa: PLC0415
    from deployments.intake.deciding import Deciding  # noqa: PLC0415
    from deployments.intake.evaluating import Evaluating  # noqa: PLC0415
    from deployments.intake.events import Events  # noqa: PLC0415
    from deployments.intake.starting import start  # noqa: PLC0415
    from deployments.intake.unfinished import unfinished  # noqa: PLC0415

    automation, store = (
        automation_of(file),
        Store(config.spool, retention=config.retention, expiry=config.expiry),
    )
    metrics = Metrics(file.regions)
    estate, turn = Estate.load(str(config.estate)), Lock()
    deciding = Deciding(
        estate,
        Known(store, Listed(file.regions, automation.observers), remembered=correlation_of(file).hysteresis),
        {place: _observer(named, turn) for place, named in automation.observers.items()},
        kept=config.spool.with_name("evaluations.jsonl"),
        registry=metrics.registry,
    )
    period = timedelta(seconds=automation.evaluate_seconds)
    evaluating = Evaluating(deciding, store, start, estate=str(config.estate), period=period)
    tokens = Tokens(config.token_files)
    door = Door(store, tokens, file.regions, metrics, stored=evaluating.wake)
    sys.setswitchinterval(TURN_S)
    gc.collect()
    gc.freeze()  # what is imported stays; to look through it took 0.2 s each time, in which nobody was answered
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(running.warm))
        group.create_task(evaluating.go_on(lambda: unfinished(estate), stop))
        group.create_task(evaluating.run(stop, Events().tell))
        group.create_task(_pruned(store, stop))
        group.create_task(keep_told(estate, stop))
        group.create_task(keep_shown(estate, ReadinessMetrics(metrics.registry), stop))
        try:
            await _http(config, door).serve()
        finally:
            stop.set()
    store.close()


def _observer(named: keys.Observer, turn: Lock) -> Observer:
    """Return the clients of one place's monitoring, which reads what it answers in its *turn*."""
    told_at = named.alertmanager
    return Observer(
        Prometheus(named.prometheus, turn=turn),
        Alertmanager(told_at, receiver=RECEIVER) if told_at else None,
    )


async def _pruned(store: Store, stop: asyncio.Event) -> None:
    """Forget what ended long ago, now and then, until *stop* is set."""
    while not stop.is_set():
        with suppress(Unavailable):  # a full disk: the door says so, and the next time comes
            await asyncio.to_thread(store.prune, datetime.now(UTC))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PRUNE_S)


def _http(config: Config, door: Door) -> uvicorn.Server:
    host, port = config.address
    return uvicorn.Server(
        uvicorn.Config(
            app(door),
            http=HeadersInTime,
            host=host,
            port=port,
            ssl_certfile=config.tls.certificate if config.tls else None,
            ssl_keyfile=config.tls.key if config.tls else None,
            log_level="warning",
            access_log=False,
        )
    )


if __name__ == "__main__":
    main()

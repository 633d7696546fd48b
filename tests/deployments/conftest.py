"""What the tests of a Prefect server that is gone stand on."""

from collections.abc import Iterator
from threading import Thread

import pytest
from prefect_api import Gone, PrefectApi


@pytest.fixture
def api(prefect_api: PrefectApi) -> Iterator[PrefectApi]:
    """A Prefect API of the test's own, which may vanish."""
    from prefect import settings  # noqa: PLC0415 - takes seconds

    assert prefect_api.url
    with PrefectApi() as own, settings.temporary_settings({settings.PREFECT_API_URL: own.url}):
        Thread(target=own.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield own
        own.ended.set()
        if own.gone is not Gone.REFUSES:
            own.shutdown()

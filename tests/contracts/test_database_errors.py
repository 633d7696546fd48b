"""What a `Database` says where nobody answers: where it was, and no secret."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from lab.place import EAST
from recovery.adapters.postgres import Access
from recovery.errors import Unavailable
from recovery.ports import Database, Place

HERE = Place("127.0.0.1", 5432)
VERBS: dict[str, Callable[[Database], object]] = {
    "find_provider_at": lambda database: database.find_provider_at(HERE, here=HERE),
    "look": lambda database: database.look(),
    "try_write": lambda database: database.try_write(),
    "heartbeats": lambda database: database.heartbeats(EAST),
    "fence": lambda database: database.fence(),
    "unfence": lambda database: database.unfence(),
    "beat": lambda database: database.beat(EAST),
    "subscriptions": lambda database: database.subscriptions(),
    "stop_applying": lambda database: database.stop_applying(),
    "start_applying": lambda database: database.start_applying(),
    "sequences": lambda database: database.sequences(),
    "advance_sequences": lambda database: database.advance_sequences({}, margin=1),
    "promote": lambda database: database.promote(),
    "present_rows": lambda database: database.present_rows(datetime.now(UTC)),
}


@pytest.fixture(
    params=[
        "down",
        "lost",
        pytest.param("nothing listens", marks=pytest.mark.lab),
        pytest.param("wrong password", marks=pytest.mark.lab),
    ]
)
def silent(request: pytest.FixtureRequest) -> tuple[Database, str]:
    """A database that does not answer, and where it says it was; the first two are fakes."""
    if request.param in {"down", "lost"}:
        memory = request.getfixturevalue("memory")
        database, _ = request.getfixturevalue("fake_databases")
        database.down = request.param == "down"
        memory.world.places[EAST].lost_at = memory.world.clock() if request.param == "lost" else None
        return database, rf"postgres {EAST}:5432"
    access = {"port": 1} if request.param == "nothing listens" else {}
    database_at = request.getfixturevalue("database_at")
    return database_at(EAST, password="canary-secret", **access), r"postgres 127\.\d+\.10\.1:\d+/\w+"


@pytest.mark.parametrize("verb", VERBS)
def test_no_answer_is_unavailable_and_tells_no_secret(silent: tuple[Database, str], verb: str) -> None:
    database, where = silent
    work = partial(VERBS[verb], database)

    with pytest.raises(Unavailable, match=f"^{where} did not answer") as told:
        work()

    chain = [told.value, told.value.__cause__]
    assert "canary" not in "".join(f"{error!r} {error}" for error in chain)


def test_a_server_that_does_not_let_us_in_listens_all_the_same(
    silent: tuple[Database, str], request: pytest.FixtureRequest
) -> None:
    """Whoever gives a region up must not take a wrong password for a dead cluster."""
    database, _ = silent

    assert database.listens() is (request.node.callspec.params["silent"] == "wrong password")


def test_access_shows_no_password() -> None:
    assert "canary" not in repr(Access("127.0.0.1", 5432, "dr_operator", password="canary-secret"))

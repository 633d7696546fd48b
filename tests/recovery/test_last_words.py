"""Why a server ended by itself: what its log says last."""

from recovery.adapters.pgbackrest.last_words import last_words

LOG = """\
2026-11-27 07:55:17.321 UTC [7512]  LOG:  starting PostgreSQL 15.18
2026-11-27 07:55:17.321 UTC [7512]  FATAL:  lock file "/run/.s.PGSQL.5432.lock" already exists
2026-11-27 07:55:17.321 UTC [7512]  HINT:  Is another postmaster (PID 32679) using it?
2026-11-27 07:55:18.100 UTC [7512]  PANIC:  could not find free replication state, increase max_replication_slots
2026-11-27 07:55:18.322 UTC [7512]  LOG:  database system is shut down
"""


def test_the_newest_reason_is_told() -> None:
    told = last_words(LOG.splitlines())

    assert told == "could not find free replication state, increase max_replication_slots"


def test_a_server_that_gave_no_reason_gave_none() -> None:
    assert last_words(["2026-11-27 07:55:18.322 UTC [7512]  LOG:  database system is shut down"]) is None

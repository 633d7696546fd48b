"""One region's cluster, as far as it can be restored: its host, its backups, a scratch cluster beside it."""

from dataclasses import replace

from blocks.cluster_host import database_host, host_of
from recovery.adapters.pgbackrest import LivePlace, PgBackRest, PgReplacement, PgScratch, ScratchPlace, Stanza
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.archiving import PgArchiving
from recovery.adapters.postgres.ledger import PgLedgers
from recovery.adapters.postgres.tables import PostgresTables
from recovery.estate import EstateFile
from recovery.estate_file.backups import Backups
from recovery.estate_in_hand import Restorable

SCAN_S = 4 * 3600
"""How long one scan of a table may take."""


def restorable(file: EstateFile, region: str, access: Access, block: Backups) -> Restorable:
    """Return the clients of one region's cluster; *access* is the live one's. Connects to nothing."""
    there = database_host(file, region)
    stanza = Stanza(
        name=file.stanza(region),
        configuration=there.configuration,
        places={1: region, 2: file.other(region)},
        processes=block.processes,
        longest_s=60 * float(block.restore_minutes),
    )
    backups = PgBackRest(host_of(file, region), stanza)
    beside = replace(access, host=there.address, port=there.scratch_port)
    maintenance = file.settings.postgres.maintenance_database

    def scratch(operation: str) -> PgScratch:
        place = ScratchPlace(operation, there.scratch_directory, there.binaries, beside, maintenance)
        return PgScratch(backups.host, backups, place)

    def replacement(operation: str) -> PgReplacement:
        place = LivePlace(
            operation=operation,
            scratch_directory=there.scratch_directory,
            data_directory=there.data_directory,
            binaries=there.binaries,
            node_groups=file.node_groups,
            application_roles=file.settings.postgres.application_roles,
            maintenance_database=maintenance,
            start=there.start,
            stop=there.stop,
        )
        return PgReplacement(backups.host, place)

    return Restorable(
        backups=backups,
        archiving=PgArchiving(access, maintenance_database=maintenance),
        ledgers=PgLedgers(
            replace(access, statement_timeout_s=SCAN_S),
            databases=file.node_groups,
            maintenance_database=maintenance,
        ),
        scratch=scratch,
        live=tables_of(file, access),
        beside=tables_of(file, beside),
        replacement=replacement,
    )


def tables_of(file: EstateFile, access: Access) -> PostgresTables:
    """Return the tables of a cluster, whose scans may take long."""
    return PostgresTables(replace(access, statement_timeout_s=SCAN_S), databases=file.node_groups)

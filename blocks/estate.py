"""The one door to the outside: `Estate.load(path)` returns the estate with a client of each of its parts."""

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from blocks.aws_account import AwsAccount
from blocks.cluster_backups import restorable, tables_of
from blocks.journal_stores import quorum_of
from blocks.postgres_server import PostgresServer
from blocks.preflights import preflights
from blocks.redis_server import RedisServer
from blocks.regional_gateway import RegionalGateway
from blocks.secret_files import SecretFiles
from recovery.adapters.fault_command import FaultCommand
from recovery.adapters.front_door import Entrance, FrontDoorClient, RegionalName
from recovery.adapters.one_time_codes import OneTimeCodes
from recovery.adapters.postgres.conflict_log import PostgresConflictLog
from recovery.adapters.postgres.copying import PgCopying
from recovery.adapters.postgres.sending import PgSending
from recovery.adapters.prober import Prober
from recovery.estate import EstateFile
from recovery.estate_in_hand import EstateInHand, Outside, Region

PROBER_TIMEOUT_S = 5.0


class Estate(EstateInHand):
    """An estate whose clients speak to the real thing."""

    @classmethod
    def load(cls, path: str) -> Self:
        """Return the estate that the file describes. Connects to nothing; `BadInput` where the file is wrong."""
        return cls._of(EstateFile.read(Path(path)))

    @classmethod
    def _of(cls, file: EstateFile) -> Self:
        """Return the estate, and if the file knows of stand-ins, the same estate at those beside it."""
        secrets = SecretFiles(file.settings.secrets_directory)
        servers = {name: _postgres(file, secrets, name) for name in file.regions}
        regions = {name: _region(file, secrets, name, servers[name]) for name in file.regions}
        kept = file.settings.backups
        copies = (
            {name: restorable(file, name, servers[name].access(), kept) for name in servers} if kept else {}
        )
        # Twice the clients, which are made by hardly any procedure: only when they are asked for.
        stand_ins = cache(lambda: cls._of(file.at_stand_ins())) if file.settings.stand_ins else None
        looking = preflights(file, servers, {name: _redis(file, secrets, name) for name in file.regions})
        return cls(
            file, regions, _outside(file, _account(file, secrets)), copies, stand_ins, preflights=looking
        )


def approvers_of(file: EstateFile) -> OneTimeCodes:
    """Return who may approve an operation; nobody where the file names none. Reads no secret yet."""
    asked, secrets = file.settings.approval, SecretFiles(file.settings.secrets_directory)
    return OneTimeCodes(asked.approvers if asked else {}, secret_of=secrets.get)


def signing_key_of(file: EstateFile) -> SecretStr | None:
    """Return the key that signs evidence; None where the file names none, `BadInput` where it is not there."""
    return SecretFiles(file.settings.secrets_directory).optional(file.settings.testing.signing_key_secret)


def _postgres(file: EstateFile, secrets: SecretFiles, name: str) -> PostgresServer:
    postgres, access = file.postgres_in(name), file.settings.postgres
    return PostgresServer(
        host=postgres.host,
        port=postgres.port,
        user=access.operator,
        password=secrets.optional(access.password_secret),
        connect_timeout_s=max(1, round(access.connect_timeout_seconds)),
        node_groups=list(file.node_groups),
        application_roles=list(access.application_roles),
        maintenance_database=access.maintenance_database,
        probe_table=file.settings.prober.table,
    )


def _redis(file: EstateFile, secrets: SecretFiles, name: str) -> RedisServer:
    redis, access = file.redis_in(name), file.settings.redis
    return RedisServer(
        host=redis.host,
        port=redis.port,
        password=secrets.optional(access.password_secret),
        timeout_s=access.timeout_seconds,
    )


def _region(file: EstateFile, secrets: SecretFiles, name: str, database: PostgresServer) -> Region:
    settings = file.settings
    cache, gateway = _redis(file, secrets, name), settings.gateways[name]
    front = RegionalGateway(
        host=gateway.address,
        port=gateway.port,
        scheme=gateway.scheme,
        host_name=file.api_gateway_multi_region.global_endpoint,
        admin=gateway.admin,
        health_path=file.api_gateway_multi_region.routing.health_check_path,
    )
    return Region(
        name,
        database=database.client(),
        tables=tables_of(file, database.access()),
        sending=PgSending(database.access(), databases=file.node_groups),
        copying=PgCopying(database.access(), databases=file.node_groups),
        conflicts=PostgresConflictLog(
            database.access(), databases=file.node_groups, table=file.conflict_table
        ),
        cache=cache.client(),
        keys=cache.keys(),
        gateway=front.client(),
    )


def _outside(file: EstateFile, account: AwsAccount) -> Outside:
    settings = file.settings
    dns, name = settings.route53, file.api_gateway_multi_region.global_endpoint
    any_gateway = next(iter(settings.gateways.values()))
    return Outside(
        traffic=account.route53(
            dns.hosted_zone_id, name, url=dns.endpoint_url, ttl_s=int(dns.record_ttl_seconds)
        ),
        stops={
            region: account.stop_object(stop.bucket, stop.key, region=stop.region, url=stop.endpoint_url)
            for region, stop in (dns.stop_objects or {}).items()
        },
        front_door=FrontDoorClient(
            name,
            dns.authoritative_servers,
            {
                region: RegionalName(gateway.address, file.gateway_in(region).endpoint)
                for region, gateway in settings.gateways.items()
            },
            entrance=Entrance(
                any_gateway.scheme,
                any_gateway.port,
                file.api_gateway_multi_region.routing.health_check_path,
            ),
        ),
        prober=Prober(settings.prober.url, PROBER_TIMEOUT_S),
        journal=quorum_of(file),
        approvers=approvers_of(file),
        reports=settings.reports_directory,
        faults=_faults(file),
        signing_key=lambda: signing_key_of(file),
    )


def _faults(file: EstateFile) -> FaultCommand | None:
    found = file.settings.faults
    return FaultCommand(found.break_by, found.heal_by, float(found.deadline_seconds)) if found else None


def _account(file: EstateFile, secrets: SecretFiles) -> AwsAccount:
    keys = file.settings.aws
    if keys is None:
        return AwsAccount()
    return AwsAccount(
        access_key_id=secrets.get(keys.access_key_id_secret),
        secret_access_key=secrets.get(keys.secret_access_key_secret),
    )

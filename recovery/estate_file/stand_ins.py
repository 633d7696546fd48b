"""The block `recovery.stand_ins`: fresh hosts in a third place, which take the regions' places when both are lost."""

from copy import deepcopy
from typing import Annotated, Any

from recovery.estate_file.backups import DatabaseHost
from recovery.estate_file.gateway import Gateway
from recovery.estate_file.kinds import Host, Port
from recovery.estate_file.marks import Acts, Part

USUAL_PORTS = {"postgres": 5432, "redis": 6379, "gateway": 443}


class StandInPostgres(Part):
    """Where the cluster that stands in is reached, by the tool and by the other stand-in."""

    host: Annotated[
        Host, Acts("asked for the cluster that was rebuilt; the other one subscribes to it there")
    ]
    port: Annotated[Port, Acts("that cluster's port")] = USUAL_PORTS["postgres"]


class StandInRedis(Part):
    """Where the Redis that stands in is."""

    host: Annotated[Host, Acts("asked for the Redis that begins empty")]
    port: Annotated[Port, Acts("that server's port")] = USUAL_PORTS["redis"]


class StandIn(Part):
    """The hosts that take one region's place. Its gateway and services run; PostgreSQL is configured, and empty."""

    postgres: StandInPostgres
    redis: StandInRedis
    gateway: Gateway
    database_host: DatabaseHost


def moved(values: dict[str, Any]) -> dict[str, Any]:
    """Return an estate file's *values* as they are once the stand-ins have taken the regions' places.

    Names, journal and repositories stay; only where things are is another.
    """
    result = deepcopy(values)
    recovery = result["recovery"]
    stand_ins: dict[str, dict[str, Any]] = recovery.pop("stand_ins")
    for block, key in (("postgres_multi_region", "postgres"), ("redis_multi_region", "redis")):
        for region in result[block]["regions"]:
            region.update({"port": USUAL_PORTS[key], **stand_ins[region["name"]][key]})
    for name, stand_in in stand_ins.items():
        recovery["gateways"][name] = stand_in["gateway"]
        recovery["backups"]["hosts"][name] = stand_in["database_host"]
    return result

"""What a stand-in must be to stand in: somewhere else than both regions, and than the other stand-in."""

from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from recovery.estate_file.problems import Location, Problem, shown
from recovery.estate_file.stand_ins import USUAL_PORTS

PLACE: Location = ("recovery", "stand_ins")
HOSTS = {"postgres": "host", "redis": "host", "gateway": "address"}
"""Of each part that listens: the key of its host."""
REMEDY = "give hosts that are in neither region, of their own for each"


def stand_in_problems(values: JsonValue) -> Iterator[Problem]:
    """Return where stand-ins stand on a region, or on each other; what has the wrong shape the models tell."""
    file = _mapped(values)
    recovery = _mapped(file.get("recovery"))
    stand_ins = _mapped(recovery.get("stand_ins"))
    if stand_ins and "backups" not in recovery:
        yield Problem(PLACE, "has nothing to be rebuilt from", "give recovery.backups, or leave it out")
    for part in (*HOSTS, "database_host"):
        taken = {address for entry in _of_regions(file, part) for address in _addresses(part, entry)}
        for name, stand_in in stand_ins.items():
            own = _addresses(part, _mapped(stand_in).get(part))
            for address in sorted(own & taken):
                yield Problem((*PLACE, name, part), f"is at {shown(address)}, which is taken", REMEDY)
            taken |= own
    yield from _other_entrances(recovery, stand_ins)


def _other_entrances(recovery: dict[str, Any], stand_ins: dict[str, Any]) -> Iterator[Problem]:
    """Customers follow a name: where it leads, the port and the scheme are those that they know."""
    for name, stand_in in stand_ins.items():
        here = _mapped(_mapped(recovery.get("gateways")).get(name))
        there = _mapped(_mapped(stand_in).get("gateway"))
        for key, usual in (("port", USUAL_PORTS["gateway"]), ("scheme", "https")):
            known, told = here.get(key, usual), there.get(key, usual)
            if here and there and known != told:
                fact = f"is {shown(told)}, and the region's is {shown(known)}"
                yield Problem(
                    (*PLACE, name, "gateway", key),
                    fact,
                    "give the same: customers follow a name, which tells neither",
                )


def _of_regions(file: dict[str, Any], part: str) -> list[Any]:
    recovery = _mapped(file.get("recovery"))
    if part == "gateway":
        return list(_mapped(recovery.get("gateways")).values())
    if part == "database_host":
        return list(_mapped(_mapped(recovery.get("backups")).get("hosts")).values())
    regions = _mapped(file.get(f"{part}_multi_region")).get("regions")
    return regions if isinstance(regions, list) else []


def _addresses(part: str, entry: Any) -> set[str]:
    """Return by what a part is reached: host and port, or of a machine its address and its account for ssh."""
    told = _mapped(entry)
    if part == "database_host":
        return {str(told[key]) for key in ("address", "ssh") if told.get(key) is not None}
    return {f"{told[HOSTS[part]]}:{told.get('port', USUAL_PORTS[part])}"} if HOSTS[part] in told else set()


def _mapped(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""What the blocks must agree on: the same two regions everywhere, each with addresses of its own.

Works on the values as read, before they are judged one by one, so that every problem of a
file can be told at once. What has the wrong shape is passed over here: the models tell it.
"""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import JsonValue

from recovery.estate_file.problems import Location, Problem, shown

BLOCKS = (
    "postgres_multi_region",
    "redis_multi_region",
    "application_multi_region",
    "api_gateway_multi_region",
)
MAPS: tuple[Location, ...] = (
    ("recovery", "gateways"),
    ("recovery", "route53", "health_checks"),
    ("recovery", "route53", "stop_objects"),
    ("recovery", "redis", "reached_at"),
    ("recovery", "backups", "repositories"),
    ("recovery", "backups", "hosts"),
    ("recovery", "stand_ins"),
)
ADDRESSES: dict[Location, tuple[str, ...]] = {
    ("postgres_multi_region", "regions"): ("host", "port"),
    ("redis_multi_region", "regions"): ("host", "port"),
    ("api_gateway_multi_region", "regions"): ("endpoint",),
    ("recovery", "gateways"): ("address", "port"),
}
_NODE_GROUPS = ("postgres_multi_region", "replication", "node_groups")


def disagreements(values: JsonValue) -> list[Problem]:
    """Return where the blocks contradict each other, or themselves."""
    named = {block: _names(at(values, (block, "regions"))) for block in BLOCKS}
    named = {block: names for block, names in named.items() if names}
    return [
        *_strangers(named),
        *_unequal_maps(values, named),
        *_twice_named(values),
        *_shared_addresses(values),
        *_stop_objects_inside(values),
        *_journal(values, _agreed(named)),
    ]


def at(values: JsonValue, location: Location) -> JsonValue:
    """Return what stands at *location*, None where nothing does."""
    for step in location:
        if isinstance(values, dict) and isinstance(step, str):
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        else:
            return None
    return values


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _mapped(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _names(entries: JsonValue) -> list[str]:
    names = [_mapped(entry).get("name") for entry in _listed(entries)]
    return [name for name in names if isinstance(name, str)]


def _agreed(named: dict[str, list[str]]) -> list[str]:
    """Return the regions that most of the blocks name, in the order they appear."""
    count = Counter(name for names in named.values() for name in set(names))
    order = dict.fromkeys(name for names in named.values() for name in names)
    return [name for name in order if 2 * count[name] > len(named)]


def _strangers(named: dict[str, list[str]]) -> Iterator[Problem]:
    """A region that not every block names, told at the block that is the odd one out."""
    agreed = _agreed(named)
    everywhere = "name the same two regions in every block"
    for block, names in named.items():
        for index, name in enumerate(names):
            lacking = [other for other, theirs in named.items() if name not in theirs]
            if lacking and name not in agreed:
                fact = f"is {name!r}, which is missing in {', '.join(lacking)}"
                yield Problem(
                    (block, "regions", index, "name"), fact, _did_you_mean(name, agreed, everywhere)
                )
        for name in agreed:
            if name not in names and set(names) <= set(agreed):
                fact = f"does not name {name!r}, which the other blocks do"
                yield Problem((block, "regions"), fact, everywhere)


def _did_you_mean(name: str, known: list[str], otherwise: str) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise


def _unequal_maps(values: JsonValue, named: dict[str, list[str]]) -> Iterator[Problem]:
    regions = _agreed(named)
    for place in MAPS:
        keys = list(_mapped(at(values, place)))
        if not keys or not regions:
            continue
        for name in keys:
            if name not in regions:
                remedy = _did_you_mean(name, regions, f"its regions are {' and '.join(regions)}")
                yield Problem((*place, name), "is no region of the estate", remedy)
        for name in regions:
            if name not in keys:
                yield Problem((*place, name), "is missing", f"add it; {' and '.join(regions)} each need one")


def _twice_named(values: JsonValue) -> Iterator[Problem]:
    places: list[Location] = [*((block, "regions") for block in BLOCKS), _NODE_GROUPS]
    for place in places:
        yield from _repeated(place, _names(at(values, place)))
    for index, region in enumerate(_listed(at(values, ("application_multi_region", "regions")))):
        services = _listed(_mapped(region).get("services"))
        within: Location = ("application_multi_region", "regions", index, "services")
        yield from _repeated(within, [service for service in services if isinstance(service, str)])


def _repeated(place: Location, names: list[str]) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(place, f"names {shown(name)} {times} times", "name each once")


def _shared_addresses(values: JsonValue) -> Iterator[Problem]:
    """Two regions under one address: what is done to the source would hit the target."""
    for place, keys in ADDRESSES.items():
        held = at(values, place)
        several = list(held.values()) if isinstance(held, dict) else _listed(held)
        count = Counter(_address(entry, keys) for entry in several)
        for address, times in count.items():
            if address and times > 1:
                fact = f"have the address {shown(address)} {times} times"
                yield Problem(place, fact, "give each region its own: fencing one would fence the other")
    front = ("api_gateway_multi_region", "global_endpoint")
    for region in _listed(at(values, ("api_gateway_multi_region", "regions"))):
        if (name := _mapped(region).get("endpoint")) is not None and name == at(values, front):
            fact = f"is {shown(name)}, one region's own endpoint"
            yield Problem(front, fact, "give a name above both regions")


def _address(entry: JsonValue, keys: tuple[str, ...]) -> str:
    parts = [_mapped(entry).get(key) for key in keys]
    return ":".join(str(part) for part in parts if isinstance(part, str | int))


def _stop_objects_inside(values: JsonValue) -> Iterator[Problem]:
    place = ("recovery", "route53", "stop_objects")
    for name, stop in _mapped(at(values, place)).items():
        if _mapped(stop).get("region") == name:
            fact = f"is {name!r}, the region that the object is to stop"
            remedy = "store it in the other region or a third one: it must be writable when this one is lost"
            yield Problem((*place, name, "region"), fact, remedy)


def _journal(values: JsonValue, regions: list[str]) -> Iterator[Problem]:
    place = ("recovery", "journal", "stores")
    stores = [_mapped(store) for store in _listed(at(values, place))]
    if stores and len(stores) % 2 == 0:
        fact = f"is a list of {len(stores)}, of which half is no majority"
        yield Problem(place, fact, "give an odd number: one, or one in each region and one at the witness")
    for key, words in (("place", "in the place"), ("region", "in the AWS region")):
        count = Counter(value for store in stores if isinstance(value := store.get(key), str))
        for name, times in count.items():
            if times > 1:
                fact = f"has {times} stores {words} {name!r}, which are lost together"
                yield Problem(place, fact, "give each store a place of its own")
    for index, store in enumerate(stores):
        yield from _misplaced((*place, index), store, regions, alone=len(stores) == 1)


def _misplaced(
    here: Location, store: dict[str, JsonValue], regions: list[str], *, alone: bool
) -> Iterator[Problem]:
    """A store that is elsewhere than it says, or that is lost with the region being left."""
    place, region = store.get("place"), store.get("region")
    if place in regions and region is not None and region != place:
        fact = f"is {shown(region)}, and its place is {place!r}"
        yield Problem((*here, "region"), fact, "give the region that it is in as its place")
    elif region in regions and place != region:
        fact = f"is {shown(place)}, and its bucket is in {region!r}"
        yield Problem((*here, "place"), fact, f"give {region!r}, or a bucket at the witness")
    elif alone and place in regions:
        fact = f"is {place!r}, and the only store would be lost with that region"
        yield Problem((*here, "place"), fact, "add a store in the other region and one at a witness")

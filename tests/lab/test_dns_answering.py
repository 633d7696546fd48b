"""Route 53's rules of choice, as a table and by brute force."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.dns.answering import Answered, Code, Reply, answer
from lab.dns.records import Alias, Policy, Record, Zone, normal, zone_of

NAME = "api.example.com."
EVENLY = [step / 1000 for step in range(1000)]


def a_zone(*records: Record) -> Zone:
    groups: dict[tuple[str, str], tuple[Record, ...]] = {}
    for record in records:
        groups[record.name, record.type] = (*groups.get((record.name, record.type), ()), record)
    return Zone(id="Z1", name="example.com.", records=groups)


def weighted(identifier: str, weight: int, **changes: object) -> Record:
    usual = {"name": NAME, "type": "A", "ttl_s": 5, "values": (identifier,), "health_check": identifier}
    usual |= {"policy": Policy.WEIGHTED, "identifier": identifier, "weight": weight}
    return Record(**(usual | changes))


def simple(name: str, value: str, kind: str = "A", ttl_s: int = 5, health_check: str | None = None) -> Record:
    return Record(name=name, type=kind, ttl_s=ttl_s, values=(value,), health_check=health_check)


def alias(name: str, target: str, zone_id: str = "Z1", *, evaluate: bool = True, **changes: object) -> Record:
    usual = {"name": name, "type": "A", "alias": Alias(zone_id, target, evaluate)}
    return Record(**(usual | changes))


def drawn(zone: Zone, health: dict[str, bool], name: str = NAME) -> dict[str, int]:
    """How often of a thousand even draws each value is the answer."""
    replies = [answer(zone, health, lambda at=at: at, name, "A") for at in EVENLY]
    assert all(reply.code is Code.NOERROR and len(reply.records) == 1 for reply in replies)
    return dict(Counter(reply.records[0].values[0] for reply in replies))


def asked(zone: Zone, name: str = NAME, kind: str = "A") -> Reply:
    return answer(zone, {}, lambda: 0.0, name, kind)


@pytest.mark.parametrize(
    ("weights", "unhealthy", "expected"),
    [
        ({"a": 80, "b": 20}, "", {"a": 800, "b": 200}),
        ({"a": 1, "b": 1, "c": 2}, "", {"a": 250, "b": 250, "c": 500}),
        ({"a": 100, "b": 0}, "", {"a": 1000}),
        ({"a": 0, "b": 0}, "", {"a": 500, "b": 500}),
        ({"a": 80, "b": 20}, "a", {"b": 1000}),
        ({"a": 100, "b": 0}, "a", {"b": 1000}),  # zero is not "off"
        ({"a": 100, "b": 0}, "b", {"a": 1000}),
        ({"a": 100, "b": 0, "c": 0}, "a", {"b": 500, "c": 500}),
        ({"a": 100, "b": 0, "c": 0}, "ab", {"c": 1000}),
        ({"a": 80, "b": 20}, "ab", {"a": 800, "b": 200}),  # none healthy: all are
        ({"a": 100, "b": 0}, "ab", {"a": 1000}),
        ({"a": 0, "b": 0}, "a", {"b": 1000}),
        ({"a": 0, "b": 0}, "ab", {"a": 500, "b": 500}),
    ],
)
def test_weighted_records_are_chosen_as_documented(
    weights: dict[str, int], unhealthy: str, expected: dict[str, int]
) -> None:
    zone = a_zone(*[weighted(name, weight) for name, weight in weights.items()])

    assert drawn(zone, {name: name not in unhealthy for name in weights}) == expected


def test_every_case_of_three_records_follows_the_sentences_of_the_page() -> None:
    """Brute force over weights 0, 1, 3 and health of three records."""
    for weights, health in itertools.product(
        itertools.product((0, 1, 3), repeat=3), itertools.product((True, False), repeat=3)
    ):
        records = dict(zip("abc", zip(weights, health, strict=True), strict=True))
        nonzero = {name for name, (weight, _) in records.items() if weight} or set("abc")
        well = {name for name, (_, healthy) in records.items() if healthy}
        possible = (nonzero & well) or well or nonzero
        zone = a_zone(*[weighted(name, weight) for name, (weight, _) in records.items()])

        assert set(drawn(zone, {name: healthy for name, (_, healthy) in records.items()})) == possible


@given(
    st.lists(st.tuples(st.integers(0, 255), st.booleans()), min_size=1, max_size=6),
    st.floats(0, 1, exclude_max=True),
)
def test_there_is_always_one_answer(records: list[tuple[int, bool]], at: float) -> None:
    """Whatever the weights and the health, exactly one record answers, never none."""
    zone = a_zone(*[weighted(str(n), weight) for n, (weight, _) in enumerate(records)])

    reply = answer(zone, {str(n): well for n, (_, well) in enumerate(records)}, lambda: at, NAME, "A")

    assert reply.code is Code.NOERROR
    assert len(reply.records) == 1


def test_records_without_a_check_or_with_a_deleted_one_are_healthy() -> None:
    zone = a_zone(weighted("a", 1, health_check=None), weighted("b", 1, health_check="gone"))

    assert drawn(zone, {}) == {"a": 500, "b": 500}


def test_an_alias_answers_with_its_targets_values_and_ttl() -> None:
    zone = a_zone(alias(NAME, "east.example.com."), simple("east.example.com.", "127.0.10.1", ttl_s=7))

    assert asked(zone) == Reply(Code.NOERROR, (Answered(NAME, "A", 7, ("127.0.10.1",)),))


@pytest.mark.parametrize(
    ("evaluate", "own", "target", "chosen"),
    [
        (True, True, True, {"1", "2"}),
        (True, True, False, {"2"}),
        (True, False, True, {"2"}),
        (False, True, False, {"1", "2"}),
        (False, False, True, {"2"}),
    ],
)
def test_an_alias_is_as_healthy_as_its_check_and_its_target(
    *, evaluate: bool, own: bool, target: bool, chosen: set[str]
) -> None:
    """With both, both must be healthy; a target counts only where it is evaluated."""
    region = {"policy": Policy.WEIGHTED, "weight": 1}
    zone = a_zone(
        alias(NAME, "east.example.com.", evaluate=evaluate, health_check="own", identifier="e", **region),
        alias(NAME, "west.example.com.", identifier="w", **region),
        simple("east.example.com.", "1", health_check="target"),
        simple("west.example.com.", "2"),
    )

    assert set(drawn(zone, {"own": own, "target": target})) == chosen


def test_an_alias_to_a_group_is_healthy_while_one_of_the_group_is() -> None:
    """The tree of complex configurations: a branch is left when all below it is unhealthy."""
    region = {"policy": Policy.WEIGHTED, "weight": 1}
    zone = a_zone(
        alias(NAME, "east.example.com.", identifier="e", **region),
        alias(NAME, "west.example.com.", identifier="w", **region),
        weighted("1", 1, name="east.example.com."),
        weighted("2", 1, name="east.example.com."),
        weighted("3", 1, name="west.example.com."),
    )

    assert set(drawn(zone, {"1": False, "2": True, "3": True})) == {"2", "3"}
    assert set(drawn(zone, {"1": False, "2": False, "3": True})) == {"3"}


def test_failover_answers_with_the_primary_while_it_is_healthy() -> None:
    first = Record(NAME, "A", 5, ("1",), Policy.FAILOVER, "p", primary=True, health_check="p")
    zone = a_zone(Record(NAME, "A", 5, ("2",), Policy.FAILOVER, "s", health_check="s"), first)

    assert set(drawn(zone, {"p": True, "s": True})) == {"1"}
    assert set(drawn(zone, {"p": False, "s": True})) == {"2"}
    assert set(drawn(zone, {"p": False, "s": False})) == {"1"}


@pytest.mark.parametrize("policy", [Policy.LATENCY, Policy.GEOLOCATION, Policy.MULTIVALUE, Policy.IP_BASED])
def test_other_policies_are_refused_with_a_reason(policy: Policy) -> None:
    reply = asked(a_zone(Record(NAME, "A", 5, ("1",), policy, "east")))

    assert reply.code is Code.SERVFAIL
    assert f"{NAME} A: {policy} routing is not answered here" in reply.problem


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        (NAME, "A", Code.NOERROR),
        (NAME, "AAAA", Code.NOERROR),
        ("no.example.com.", "A", Code.NXDOMAIN),
        ("b.example.com.", "A", Code.NOERROR),  # only has a name below it
        ("example.com.", "A", Code.NOERROR),
        ("c.b.a.api.example.com.", "A", Code.NXDOMAIN),
        ("other.com.", "A", Code.REFUSED),
        ("notexample.com.", "A", Code.REFUSED),
        (".", "NS", Code.REFUSED),
    ],
)
def test_names_that_have_no_such_record(name: str, kind: str, code: Code) -> None:
    zone = a_zone(simple(NAME, "127.0.10.1"), simple("a.b.example.com.", "127.0.10.1"))

    reply = asked(zone, name, kind)

    assert reply.code is code
    assert bool(reply.records) is ((name, kind) == (NAME, "A"))


def test_a_cname_is_followed_within_the_zone() -> None:
    zone = a_zone(simple("www.example.com.", "API.example.com", "CNAME"), simple(NAME, "127.0.10.1"))

    reply = asked(zone, "www.example.com.")

    assert [(record.name, record.type) for record in reply.records] == [
        ("www.example.com.", "CNAME"),
        (NAME, "A"),
    ]
    assert [record.type for record in asked(zone, "www.example.com.", "CNAME").records] == ["CNAME"]


@pytest.mark.parametrize(
    "zone",
    [
        a_zone(alias(NAME, NAME)),
        a_zone(alias(NAME, "b.example.com."), alias("b.example.com.", NAME)),
        a_zone(alias(NAME, NAME, evaluate=False)),
        a_zone(simple(NAME, NAME, "CNAME")),
    ],
)
def test_loops_end(zone: Zone) -> None:
    assert "break the loop" in asked(zone).problem


def test_an_alias_out_of_the_zone_is_not_answered() -> None:
    """An ELB's addresses are AWS's to know."""
    reply = asked(a_zone(alias(NAME, "lb.elb.amazonaws.com.", "Z35SXDOTRQ7X7K")))

    assert reply.code is Code.SERVFAIL
    assert "lb.elb.amazonaws.com. of zone Z35SXDOTRQ7X7K, not Z1" in reply.problem


def test_an_alias_to_a_name_without_the_type_has_no_records() -> None:
    assert asked(a_zone(alias(NAME, "east.example.com."))) == Reply(Code.NOERROR)


def test_the_apis_records_become_values() -> None:
    sets = [
        {"Name": "API.example.com.", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "127.0.10.1"}]}
        | {"SetIdentifier": "east", "Weight": 0, "HealthCheckId": "h"},
        {"Name": "\\052.example.com.", "Type": "A", "SetIdentifier": "x", "Region": "us-east-1"}
        | {"AliasTarget": {"HostedZoneId": "/hostedzone/Z2", "DNSName": "LB", "EvaluateTargetHealth": True}},
    ]

    zone = zone_of("/hostedzone/Z1", "Example.com", sets)

    assert zone.id == "Z1"
    assert zone.name == "example.com."
    assert zone.records[NAME, "A"] == (weighted("east", 0, values=("127.0.10.1",), health_check="h"),)
    (wild,) = zone.records["\\042.example.com.", "A"]
    assert wild.policy is Policy.LATENCY
    assert wild.alias == Alias("Z2", "lb.", evaluate_health=True)


def test_names_are_compared_in_one_form() -> None:
    assert normal("API.Example.COM") == normal("api.example.com.") == NAME

"""The estate file says by which rule a table's rows are decided; a rule that can not hold is refused with its path."""

from collections.abc import Callable
from typing import Any

import pytest

from recovery.errors import BadInput
from recovery.fakes.estate import FakeEstate
from recovery.reconcile.resolving import Ask
from recovery.reconcile.rules import Absent, Rule, Strategy
from recovery.reconcile.shapes import TableName
from recovery.rule_book import RuleBook

MakeEstate = Callable[..., FakeEstate]


def book(
    make_estate: MakeEstate, *rules: dict[str, Any], strategy: str | None = "last_write_wins"
) -> RuleBook:
    conflicts = {"strategy": strategy} if strategy else {}
    file = make_estate(
        postgres_multi_region={"replication": {"conflict_resolution": conflicts}},
        recovery={"reconciliation": {"rules": list(rules)}},
    ).file
    return RuleBook.of(file)


def table(name: str) -> TableName:
    database, schema, last = name.split(".", 2)
    return TableName(database, schema, last)


def test_the_first_rule_that_names_a_table_holds(make_estate: MakeEstate) -> None:
    rules = book(
        make_estate,
        {"tables": ["eden_vault.public.secrets"], "strategy": "manual"},
        {"tables": ["eden_vault.*.*"], "strategy": "prefer", "region": "us-west-2", "absent": "keep"},
    )

    assert rules.rule(table("eden_vault.public.secrets")) == Rule(Strategy.MANUAL)
    assert rules.rule(table("eden_vault.other.any")) == Rule(Strategy.PREFER, Absent.KEEP, "us-west-2")
    assert rules.rule(table("eden_task.public.orders")) == Rule(Strategy.LAST_WRITE_WINS)


def test_a_star_stands_for_any_characters_of_one_part_and_nothing_else_is_special(
    make_estate: MakeEstate,
) -> None:
    rules = book(make_estate, {"tables": ["eden_task.public.[a]?*"], "strategy": "manual"})

    assert rules.rule(table("eden_task.public.[a]?bc")).strategy is Strategy.MANUAL
    assert rules.rule(table("eden_task.public.abc")).strategy is Strategy.LAST_WRITE_WINS


def test_a_resolver_is_loaded_before_anything_is_decided(make_estate: MakeEstate) -> None:
    rules = book(
        make_estate,
        {"tables": ["*.*.*"], "strategy": "resolver", "resolver": "recovery.reconcile.resolving:Ask"},
    )

    assert rules.rule(table("eden_task.public.orders")).resolver is Ask


def test_an_estate_that_names_no_strategy_asks_a_person(make_estate: MakeEstate) -> None:
    file = make_estate().file
    replication = file.postgres_multi_region.replication.model_copy(update={"conflict_resolution": None})
    postgres = file.postgres_multi_region.model_copy(update={"replication": replication})

    rules = RuleBook.of(file.model_copy(update={"postgres_multi_region": postgres}))

    assert rules.otherwise == Rule(Strategy.MANUAL)


@pytest.mark.parametrize("resolver", ["json:nothing", "no_such_package:merge", "json:decoder"])
def test_a_resolver_that_there_is_not_is_refused(make_estate: MakeEstate, resolver: str) -> None:
    rule = {"tables": ["*.*.*"], "strategy": "resolver", "resolver": resolver}

    with pytest.raises(BadInput, match=f"The resolver '{resolver}'"):
        book(make_estate, rule)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"strategy": "prefer"}, r"rules\[0\]\.region is missing; give it, or another strategy than prefer"),
        ({"strategy": "resolver"}, r"rules\[0\]\.resolver is missing"),
        (
            {"strategy": "manual", "region": "us-east-1"},
            r"rules\[0\]\.region does nothing with strategy 'manual'",
        ),
        ({"strategy": "prefer", "region": "mars"}, r"region is 'mars', which is no region of the estate"),
        ({"strategy": "manual", "tables": ["eden_mars.a.b"]}, r"tables\[0\] begins with 'eden_mars'"),
        ({"strategy": "manual", "tables": ["orders"]}, r"tables\[0\] is 'orders'.*database\.schema\.table"),
        ({"strategy": "manual", "tables": []}, r"rules\[0\]\.tables"),
        ({"strategy": "guess"}, r"rules\[0\]\.strategy"),
        ({"strategy": "resolver", "resolver": "a b"}, r"a function as package\.module:function"),
    ],
)
def test_a_rule_that_can_not_hold_is_refused_with_its_path(
    make_estate: MakeEstate, rule: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        book(make_estate, {"tables": ["eden_task.public.orders"]} | rule)


def test_a_table_that_is_shown_without_values_is_one_of_a_node_group(make_estate: MakeEstate) -> None:
    """One that is not would show the values of the table that was meant."""
    with pytest.raises(
        BadInput, match=r"without_values\[0\] begins with 'eden_valut', which is no node group"
    ):
        make_estate(recovery={"reconciliation": {"without_values": ["eden_valut.*.*"]}})

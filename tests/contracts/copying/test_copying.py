"""What is promised of a table that is copied whole: it becomes the other region's, which stays as it is."""

import pytest
from feeds import ORDERS, Arrives, subscription_of
from orders import Orders, RealOrders

from lab.place import EAST, WEST
from recovery.errors import Refused

TABLES = [ORDERS.name]


def copied(orders: Orders, arrives: Arrives) -> None:
    """Copy the west's orders, and wait for the end."""
    orders.copying.copy_anew(orders.stop(), TABLES)
    orders.west.start_applying()
    arrives(lambda: not orders.copying.under_way(), "the end of the copy")


def test_a_copied_table_becomes_as_the_other_region_has_it(orders: Orders, arrives: Arrives) -> None:
    """Rows that it lacks, that it has too many, and that differ."""
    orders.write(EAST, 1, 2, 3)
    orders.write(WEST, 3, 4)

    copied(orders, arrives)

    assert orders.rows(WEST) == {1: EAST, 2: EAST, 3: EAST}


def test_nothing_of_a_copy_is_sent_to_the_other_region(orders: Orders, arrives: Arrives) -> None:
    """Neither that rows were deleted, nor that they came."""
    orders.write(EAST, *range(1, 50))
    orders.write(WEST, 3, 4)

    copied(orders, arrives)

    assert orders.rows(EAST) == dict.fromkeys(range(1, 50), EAST)


def test_a_copy_is_under_way_until_the_subscription_is_started(orders: Orders, arrives: Arrives) -> None:
    orders.write(EAST, 1)
    orders.write(WEST, 4)

    orders.copying.copy_anew(orders.stop(), TABLES)

    assert orders.copying.under_way() == TABLES
    assert orders.rows(WEST) == {}
    orders.west.start_applying()
    arrives(lambda: not orders.copying.under_way(), "the end of the copy")


def test_a_copy_that_was_begun_may_be_begun_again(orders: Orders, arrives: Arrives) -> None:
    """By a process that goes on after one that was killed."""
    orders.write(EAST, 1)
    orders.copying.copy_anew(orders.stop(), TABLES)

    copied(orders, arrives)

    assert orders.rows(WEST) == {1: EAST}


def test_nothing_is_deleted_while_the_subscription_applies(orders: Orders) -> None:
    """What it wrote after the deletion would be in the way of the copy."""
    orders.write(WEST, 4)

    with pytest.raises(Refused, match="is enabled; disable it first"):
        orders.copying.copy_anew(subscription_of(orders.west.subscriptions()), TABLES)

    assert orders.rows(WEST) == {4: WEST}
    assert orders.copying.under_way() == []


@pytest.mark.lab
def test_what_is_committed_during_a_copy_comes_too(real_orders: RealOrders, arrives: Arrives) -> None:
    """From the slot of the copy, or from the subscription's: none is left out, none comes twice."""
    real_orders.write(EAST, *range(1, 1000))
    real_orders.copying.copy_anew(real_orders.stop(), TABLES)
    insert = "INSERT INTO orders VALUES (%s, 1, 'later')"
    real_orders.session(EAST).execute(insert, [1000])

    real_orders.west.start_applying()
    for number in range(1001, 1500):
        real_orders.session(EAST).execute(insert, [number])

    arrives(lambda: real_orders.rows(WEST).keys() == set(range(1, 1500)), "all orders")
    assert real_orders.rows(WEST) == real_orders.rows(EAST)

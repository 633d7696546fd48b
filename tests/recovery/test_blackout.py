"""The blackout lint: what a step needs of that may be dark, and what it does instead."""

import pytest

from recovery import blackout
from recovery.blackout import Area, Reach
from recovery.errors import NeedsTheLost

AREAS = {Area.SOURCE: {"postgres here"}, Area.CONTROL_PLANE: {"the API"}}
REMEDIES = {area: f"Mend {area}." for area in Area}


def test_a_step_that_touches_nothing_dark_needs_nothing() -> None:
    assert blackout.dependences(Reach("promote", ["postgres there"]), AREAS) == []


@pytest.mark.parametrize(
    ("endpoint", "area"), [("postgres here", Area.SOURCE), ("the API", Area.CONTROL_PLANE)]
)
def test_a_step_without_another_way_is_refused_with_its_name_the_endpoint_and_what_would_do(
    endpoint: str, area: Area
) -> None:
    other = next(one for one in Area if one is not area)
    reach = Reach("Promote", ["postgres there", endpoint], {other: "it goes on"})

    with pytest.raises(NeedsTheLost, match=rf"'Promote' needs {endpoint}\. Mend {area}\."):
        blackout.refuse([reach], AREAS, remedies=REMEDIES)


def test_a_step_with_another_way_is_not_refused_and_says_it() -> None:
    reach = Reach("Fence", ["postgres here"], {Area.SOURCE: "taken as lost"})

    blackout.refuse([reach], AREAS, remedies=REMEDIES)

    assert [*map(str, blackout.dependences(reach, AREAS))] == [
        "where postgres here does not answer: taken as lost"
    ]


def test_every_step_that_is_needy_is_named() -> None:
    reaches = [Reach(name, ["the API"]) for name in ("Shift", "Verify")]

    with pytest.raises(NeedsTheLost, match=r"'Shift' needs the API.*'Verify' needs the API"):
        blackout.refuse(reaches, AREAS, remedies=REMEDIES)

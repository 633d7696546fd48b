"""A row's one text is taken apart and put together as PostgreSQL does it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import BadInput
from recovery.reconcile.row_text import image_of, values_of


@pytest.mark.parametrize(
    ("image", "values"),
    [
        ("(1,a)", ["1", "a"]),
        ("(1,)", ["1", None]),
        ('(1,"")', ["1", ""]),
        ("()", [None]),
        ("(,)", [None, None]),
        ('("a,b","c""d","e\\\\f","(g)"," h")', ["a,b", 'c"d', "e\\f", "(g)", " h"]),
        ('("a\nb",ä€)', ["a\nb", "ä€"]),
        ('("{""x"": [1, null]}","{a,""b c"",NULL}")', ['{"x": [1, null]}', '{a,"b c",NULL}']),
    ],
)
def test_what_postgresql_writes_is_read_and_written_alike(image: str, values: list[str | None]) -> None:
    assert values_of(image) == values
    assert image_of(values) == image


@given(st.lists(st.none() | st.text(), min_size=1))
def test_any_values_come_back(values: list[str | None]) -> None:
    assert values_of(image_of(values)) == values


@pytest.mark.parametrize("image", ["", "1,2", "(1", "1)", '("1)', "(1\\", '("a"b"c)'])
def test_what_is_no_row_is_refused(image: str) -> None:
    with pytest.raises(BadInput, match="is no row"):
        values_of(image)

"""How wide a report's columns are on paper."""

import pytest

from recovery.report.sheets import LETTERS, Sheet

LONG = "a sentence that says why nobody could measure it, and what would have to be done first"


def a_sheet(*rows: tuple[str, ...], tight: frozenset[int] = frozenset()) -> Sheet:
    return Sheet("Steps", ("Step", "Length", "Why"), rows, right=frozenset({1}), tight=tight)


def test_the_shares_are_the_whole_width() -> None:
    assert sum(a_sheet(("fence", "0.2 s", LONG)).shares) == pytest.approx(100, abs=0.2)


def test_who_has_more_to_say_gets_more_room() -> None:
    step, length, why = a_sheet(("fence", "0.2 s", LONG)).shares

    assert why > 60 > length > step


def test_what_is_not_broken_has_room_on_its_line() -> None:
    line = "T6  clients are served again"

    first, *_ = a_sheet((line, "0.2 s", LONG * 9), tight=frozenset({0})).shares

    assert first * LETTERS / 100 >= len(line)


def test_a_word_that_may_be_broken_takes_no_more_than_that() -> None:
    """A hash is broken anywhere: it must not squeeze what stands beside it."""
    _, _, why = a_sheet(("fence the source", "0.2 s", "f" * 400)).shares
    step, *_ = a_sheet(("fence the source", "0.2 s", "f" * 400)).shares

    assert step > 100 * len("source") / LETTERS
    assert why < 90


def test_columns_without_text_share_what_there_is() -> None:
    assert Sheet("Nothing", ("", ""), [("", "")]).shares == [50.0, 50.0]

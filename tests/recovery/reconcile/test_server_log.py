"""Where the records of a server's log end, whatever is in them and wherever a piece is cut."""

import csv
import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.reconcile.server_log import CSV_COLUMNS, LogFormat, fields, record_end, records

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def written(form: LogFormat, message: str) -> bytes:
    """One record, as the server writes it."""
    if form is LogFormat.JSON:
        return json.dumps({"message": message}, ensure_ascii=False).encode() + b"\n"
    row = [""] * (max(CSV_COLUMNS.values()) + 1)
    row[CSV_COLUMNS["message"]] = message
    line = StringIO()
    csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
    return line.getvalue().encode()


@pytest.mark.parametrize("form", LogFormat)
@given(messages=st.lists(TEXTS, max_size=4), data=st.data())
def test_a_log_cut_anywhere_is_read_whole_in_two_pieces(
    form: LogFormat, messages: list[str], data: st.DataObject
) -> None:
    log = b"".join(written(form, message) for message in messages)
    cut = data.draw(st.integers(0, len(log)))

    first = list(records(log[:cut], form))
    end = first[-1][0] + len(first[-1][1]) if first else 0
    second = list(records(log[end:], form))

    told = [fields(raw, form) for _, raw in first + second]
    assert [record["message"] if record else None for record in told] == messages


@given(message=TEXTS, pieces=st.integers(1, 50))
def test_the_end_of_a_record_is_found_across_pieces(message: str, pieces: int) -> None:
    """What is open at the end of a piece is open at the beginning of the next one."""
    record = written(LogFormat.CSV, message)
    quoted, end, start = False, None, 0

    while end is None:
        end, quoted = record_end(record[start : start + pieces], 0, LogFormat.CSV, quoted=quoted)
        start += end if end is not None else pieces

    assert start == len(record)


@pytest.mark.parametrize("form", LogFormat)
def test_what_a_killed_server_has_left_of_its_last_record_is_none(form: LogFormat) -> None:
    assert fields(written(form, "a message")[:9] + b"\n", form) is None


def test_a_byte_that_is_no_utf8_hides_no_record() -> None:
    """pglogical cuts a value behind its 35th byte, which may be within a character."""
    record = fields(b'{"message":"cut \xc3..."}\n', LogFormat.JSON)

    assert record == {"message": "cut \ufffd..."}

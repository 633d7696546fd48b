"""Up to the point of no return, whatever fails, everything is put back; after it, the only way is forward."""

import json
from collections.abc import Callable, Sequence

import pytest

from recovery import operation_journal
from recovery.epoch import holder_of
from recovery.errors import NotReady, OperationClosed, Refused, StillWritable, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind
from recovery.operation import Mode

SOURCE, TARGET = "us-east-1", "us-west-2"
Leave = Callable[..., str]
Breaks = Callable[[FakeEstate, Exception], None]


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "failover-1")


def steps(estate: FakeEstate, kind: Kind) -> list[str | None]:
    return [event.step for event in journal_of(estate) if event.kind is kind]


def confirming(estate: FakeEstate, error: Exception) -> None:
    estate.region(SOURCE).database.fails("beat", error)


def checking(estate: FakeEstate, error: Exception) -> None:
    estate.region(TARGET).cache.fails("look", error)


def draining(estate: FakeEstate, error: Exception) -> None:
    estate.route53.fails("set_weights", error, after=1, times=1)


def fencing(estate: FakeEstate, error: Exception) -> None:
    estate.region(SOURCE).cache.fails("fence", error)


def measuring(estate: FakeEstate, error: Exception) -> None:
    estate.region(TARGET).database.fails("heartbeats", error, after=2)


BEFORE_NO_RETURN: dict[str, Breaks] = {
    "confirm_source": confirming,
    "can_take_over": checking,
    "drain": draining,
    "fence": fencing,
    "measure_exposure": measuring,
}
UNDONE = {
    "drain": ["put_back"],
    "fence": ["unfence", "put_back"],
    "measure_exposure": ["unfence", "put_back"],
}
ERRORS = [Unavailable("no answer"), Refused("no"), RuntimeError("a defect")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", BEFORE_NO_RETURN)
def test_what_fails_before_the_point_of_no_return_is_put_back_in_reverse(
    make_estate: Callable[..., FakeEstate], leave: Leave, step: str, error: Exception
) -> None:
    """Closed for good, free for the next operation, and reported."""
    estate = make_estate(automated_failover={"traffic_shifting": {"increment_percent": 25}})
    before = estate.state()
    BEFORE_NO_RETURN[step](estate, error)

    with pytest.raises(Exception) as raised:  # noqa: PT011 - any of three kinds
        leave(estate, Mode.PLANNED)

    assert str(error) in str(raised.value)
    assert steps(estate, Kind.FAILED)[-1] == step
    assert [one for one in steps(estate, Kind.DONE) if one in {"unfence", "put_back"}] == UNDONE.get(step, [])
    assert estate.state() == before
    assert holder_of(estate.outside.journal, estate.name) is None
    report = json.loads((estate.outside.reports / "failover-1" / "report.json").read_text())
    assert report["ending"]["outcome"] == "backed out"
    with pytest.raises(OperationClosed):
        leave(estate, Mode.PLANNED)


def test_an_unplanned_failover_that_is_refused_opens_what_of_the_source_still_answers(
    estate: FakeEstate, leave: Leave
) -> None:
    """The source serves nobody, its PostgreSQL answers: it is fenced, the loss is too great, it is opened."""
    estate.region(SOURCE).gateway.sick = True
    before = estate.state()
    estate.region(TARGET).database.fails("heartbeats", Refused("no"), after=1)

    with pytest.raises(Refused, match="no"):
        leave(estate)

    assert estate.region(SOURCE).database.log.count("fence") == 1
    assert estate.state() == before


def test_a_source_that_answers_and_still_takes_writes_is_not_taken_over_from(
    estate: FakeEstate, leave: Leave
) -> None:
    """To go on would leave two regions writing, whatever the mode."""
    estate.region(SOURCE).gateway.sick = True
    before = estate.state()
    estate.region(SOURCE).database.fails("fence", StillWritable("2 sessions are left"))

    with pytest.raises(StillWritable, match="2 sessions are left"):
        leave(estate)

    assert estate.state() == before
    assert steps(estate, Kind.STARTED).count("fence") == 3


def test_a_part_that_misses_one_question_is_asked_again(estate: FakeEstate, leave: Leave) -> None:
    estate.region(SOURCE).cache.fails("fence", Unavailable("no answer"), times=1)

    leave(estate, Mode.PLANNED)

    assert steps(estate, Kind.FAILED) == ["fence"]
    assert journal_of(estate)[-1].data["outcome"] == "moved"


def test_an_undo_that_fails_does_not_keep_the_others_from_being_done(
    estate: FakeEstate, leave: Leave
) -> None:
    """It says what is left to do, and to resume; a resume does just that."""
    before = estate.state()
    measuring(estate, Refused("no"))
    estate.region(SOURCE).database.fails("unfence", RuntimeError("a defect"))

    with pytest.raises(Refused, match="no"):
        leave(estate, Mode.PLANNED)
    told = [event.data["next"] for event in journal_of(estate) if "next" in event.data]
    estate.region(SOURCE).database.heals()
    with pytest.raises(Refused, match="failover-1 is backing out"):
        leave(estate, Mode.PLANNED)

    assert told == [
        [
            "Open the source again: a defect",
            "then run `dr resume failover-1`, which goes on with the back-out",
        ]
    ]
    assert steps(estate, Kind.DONE)[-2:] == ["put_back", "unfence"]
    assert estate.state() == before
    assert steps(estate, Kind.STARTED).count("put_back") == 1


def taking_over(estate: FakeEstate, error: Exception) -> None:
    estate.region(TARGET).database.fails("stop_applying", error)


def shifting(estate: FakeEstate, error: Exception) -> None:
    estate.front_door.fails("regions_answered", error, after=1)


def verifying(estate: FakeEstate, error: Exception) -> None:
    estate.front_door.fails("check", error)


AFTER_NO_RETURN: dict[str, Breaks] = {"take_over": taking_over, "shift": shifting, "verify": verifying}


@pytest.mark.parametrize("step", AFTER_NO_RETURN)
def test_what_fails_after_the_point_of_no_return_is_gone_on_with(
    estate: FakeEstate, leave: Leave, step: str
) -> None:
    """Nothing is put back, a person is told what to do, and a resume does the rest only."""
    estate.loses(SOURCE)
    AFTER_NO_RETURN[step](estate, Refused("no"))

    with pytest.raises(Refused, match="no"):
        leave(estate)
    told = journal_of(estate)[-1].data["next"]
    held_by = holder_of(estate.outside.journal, estate.name)
    done_before = steps(estate, Kind.DONE)
    for citizen in (estate.region(TARGET).database, estate.front_door):
        citizen.heals()
    leave(estate)

    assert "it goes on with the step that failed" in told[0]
    assert "do not bring us-east-1 back" in told[2]
    assert held_by is not None
    assert held_by.operation == "failover-1"
    assert "unfence" not in steps(estate, Kind.STARTED)
    assert steps(estate, Kind.SKIPPED) == done_before
    assert steps(estate, Kind.STARTED).count(step) == 2
    assert journal_of(estate)[-1].data["outcome"] == "restored"
    assert holder_of(estate.outside.journal, estate.name) is None


def test_reports_that_can_not_be_written_do_not_stop_a_failover(estate: FakeEstate, leave: Leave) -> None:
    """The report is in the journal's stores then."""
    estate.outside.reports.write_text("a file where the folder should be")
    estate.loses(SOURCE)

    leave(estate)

    assert "operations/failover-1/report.json" in estate.outside.journal.keys("operations/")
    assert holder_of(estate.outside.journal, estate.name) is None


def test_traffic_is_held_where_neither_region_is_fit_for_it(
    make_estate: Callable[..., FakeEstate], leave: Leave
) -> None:
    """To put it back would send it to another sick region: a person decides, and is told between what."""
    estate = make_estate(automated_failover={"traffic_shifting": {"increment_percent": 25}})

    def both_fail() -> None:
        estate.prober.accuses.update({SOURCE, TARGET})

    estate.route53.meanwhile("set_weights", both_fail)

    with pytest.raises(NotReady, match="not put back: us-east-1 was not seen to be any better"):
        leave(estate, Mode.PLANNED)

    assert estate.route53.weights() == {SOURCE: 25, TARGET: 75}
    assert holder_of(estate.outside.journal, estate.name) is None, "an unplanned failover may come next"
    report = json.loads((estate.outside.reports / "failover-1" / "report.json").read_text())
    assert report["ending"]["outcome"] == "held"
    assert report["ending"]["next"][:2] == [
        "Look at both regions: traffic stays at us-east-1 25, us-west-2 75, and nothing moves it by itself.",
        "Where us-east-1 turns out sound, put traffic back: us-east-1 50, us-west-2 50, by the runbook's step 5.",
    ]

"""The report of a test, while it has no evidence pack yet: its scenarios' outcomes, as the journal has them."""

from prefect.artifacts import create_markdown_artifact

from recovery.dr_test.outcome import ScenarioOutcome
from recovery.drill.order import PASSED
from recovery.journal import Kind
from tasks.beside import best_effort
from tasks.drill_run import DrTestRun
from tasks.playing import step_name
from tasks.reporting import put


def outcomes(run: DrTestRun) -> list[ScenarioOutcome]:
    """Return what became of each scenario that was played."""
    steps = {step_name(script) for script in run.scripts}
    done = [event for event in run.journal.events if event.kind is Kind.DONE and event.step in steps]
    return [ScenarioOutcome.model_validate(event.data["result"]) for event in done]


def passed(run: DrTestRun) -> bool:
    """Whether every scenario was played, there and back."""
    found = outcomes(run)
    return len(found) == len(run.scripts) and all(one.there and one.back for one in found)


def publish(run: DrTestRun) -> str:
    """End the test, and publish what came of it. Safe to repeat."""
    found, good = outcomes(run), passed(run)
    count = sum(bool(one.there and one.back) for one in found)
    summary = f"{count} of {len(run.scripts)} scenarios passed, there and back"
    following = [f"{one.scenario}: {one.happened}" for one in found if not (one.there and one.back)]
    run.close(PASSED if good else "failed", summary, following=following)
    publish_interim(run)
    return summary


def publish_missing(run: DrTestRun) -> None:
    """Publish it, if the process was killed before it could."""
    publish_interim(run)


def publish_interim(run: DrTestRun) -> None:
    """Publish what the journal holds so far."""
    lines = [f"# {run.id}", ""]
    lines += [
        f"- {one.scenario}: {'passed' if one.there and one.back else 'FAILED'}: {one.happened}"
        for one in outcomes(run)
    ]
    text = "\n".join(lines) + "\n"
    put(run, {"report.md": text.encode()})
    best_effort(
        lambda: create_markdown_artifact(text, key="report", description="What came of each scenario")
    )

"""The evidence of a test ends up in the folder of reports and in every store of the journal."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import dr_tests
import pytest
from prefect import flow

from recovery.dr_test.document import DrTest
from recovery.evidence_pack import signing, zipped
from recovery.evidence_pack.verifying import verify
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event
from tasks.evidence_publishing import publish_evidence
from tasks.run import Run

pytestmark = pytest.mark.usefixtures("prefect_api")
PRIVATE, PUBLIC = signing.new_pair()


@pytest.fixture
def run(estate: FakeEstate) -> Run[Any]:
    """The sample test, its journals in the estate's stores."""
    for events in [dr_tests.quarterly(), *dr_tests.operations().values()]:
        for event in events:
            estate.outside.journal.put_new(_key(event), event.to_json())
    outside = replace(estate.outside, signing_key=lambda: PRIVATE)
    return cast("Run[Any]", SimpleNamespace(id=dr_tests.TEST, outside=outside))


def _key(event: Event) -> str:
    return f"operations/{event.operation}/journal/{event.seq:06d}.{event.epoch:08d}.json"


def published(run: Run[Any]) -> DrTest:
    @flow(name="publishes", persist_result=False)
    def publishing() -> DrTest:
        return publish_evidence(run)

    return publishing()


def test_the_pack_is_in_the_folder_and_at_a_majority(run: Run[Any], prefect_api: Any) -> None:
    """The last store may have it a moment later."""
    test = published(run)

    folder = run.outside.reports / dr_tests.TEST
    pack = (folder / "evidence.zip").read_bytes()
    inside, wrong = zipped.of_zip(pack, "evidence.zip")
    where = f"operations/{dr_tests.TEST}/evidence.zip"
    assert test.summary.points == 2.5
    assert not wrong
    assert verify(inside, key=PUBLIC).holds
    kept = [store[where] for store in run.outside.journal.read(where, hear_all=True) if where in store]
    assert kept == [pack] * len(kept)
    assert len(kept) >= run.outside.journal.majority
    assert (folder / "report.html").read_bytes() == inside["report.html"]
    assert "2½ of 3" in (run.outside.reports / "index.html").read_text()
    assert any("Not proved" in str(artifact) for artifact in prefect_api.artifacts)

    published(run)  # as a resumed run does: whoever has the pack already has the same one

    assert (folder / "evidence.zip").read_bytes() == pack

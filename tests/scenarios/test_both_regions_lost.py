"""Both regions are lost; one S3 survives: the estate is rebuilt in a third place from it alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from release import FILL, SCHEMA, archived, arrived, ask, rows
from scene import Scene, a_lab

from lab import stand_ins
from lab.faults import Fault, break_it
from lab.parts.aws import route53, zone
from lab.place import EAST, REGIONS, WEST
from lab.running import stand_ins_up
from recovery.report.restore_compose import compose_restore

pytestmark = pytest.mark.lab

WRITE = "INSERT INTO customers VALUES ({}, 'written after the recovery')"
REFUSED = 2


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Three tables, in both regions, and fresh hosts in a third place."""
    for scene in a_lab("no-region", watched=False, backed_up=True):
        stand_ins_up(scene.lab, lambda _proof: None)
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


def addresses(scene: Scene) -> set[str]:
    """Return the addresses of the regions' own names, as the zone has them."""
    found = route53(scene.lab).list_resource_record_sets(HostedZoneId=zone(scene.lab).zone_id)
    records = [record for record in found["ResourceRecordSets"] if record["Type"] == "A"]
    return {value["Value"] for record in records for value in record.get("ResourceRecords", [])}


def moved_estate(scene: Scene) -> Path:
    """Return the estate file that names the stand-ins, as `dr` prints it."""
    ended = scene.dr("estate", "moved", str(scene.lab.estate_file))
    assert ended.status == 0, ended.told
    path = scene.lab.folder / "moved.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(ended.told)))
    return path


def test_the_estate_is_rebuilt_in_a_third_place(scene: Scene) -> None:
    """All that was archived is there, customers are served there, and the lost hosts are nobody's any more.

    While one region serves, it is refused and nothing changes.
    """
    there, before, promised = Scene(stand_ins.of(scene.lab)), rows(scene, EAST), scene.promised()
    archived(scene, WEST)
    break_it(scene.lab, Fault.REGION, EAST)

    too_soon = scene.dr("recover", "--reason", "one region is lost")

    assert too_soon.status == REFUSED
    assert f"{WEST} has no cluster: postgres {scene.lab.address(WEST)}" in too_soon.told
    assert addresses(scene) == {scene.lab.address(region) for region in REGIONS}

    break_it(scene.lab, Fault.HOSTS, WEST)

    ended = scene.dr("recover", "--reason", "both regions are lost")

    assert ended.status == 0, ended.told
    assert rows(there, EAST) == rows(there, WEST) == before
    assert addresses(scene) == {there.lab.address(region) for region in REGIONS}
    for number, region in enumerate(REGIONS):
        assert promised <= there.present(region)
        ask(there, region, WRITE.format(5000 + number))
    arrived(there)
    told_by_the_report(scene)
    left_alone(scene)


def told_by_the_report(scene: Scene) -> None:
    """See that the figures are the prober's: no row that is in the stand-ins counts as lost, and none that is not."""
    report = compose_restore(scene.events(scene.operations()[-1]))
    achieved, events = report.verdict, scene.events(scene.operations()[-1])
    opened = next(event.time for event in events if event.step == "open_stand_ins")
    missing = scene.promised(by=opened) - Scene(stand_ins.of(scene.lab)).present(EAST)

    assert report.ending.outcome == "recovered"
    assert report.chosen
    assert report.chosen.place == WEST
    assert report.proved
    assert not report.proved.failed
    assert achieved.rows_given_up == len(missing)
    assert achieved.rto.achieved_s
    assert achieved.rpo.achieved_s
    assert achieved.rpo.achieved_s < achieved.rto.achieved_s


def left_alone(scene: Scene) -> None:
    """See that by the old estate file nothing is done any more, and by the new one all is as it was."""
    old = scene.dr("failover", EAST)
    moved = moved_estate(scene)
    new = scene.dr("failover", EAST, "--mode", "planned", "--dry-run", estate=moved)

    assert old.status == REFUSED
    assert "names hosts that were left" in old.told
    assert new.status == 0, new.told
    assert "Nothing was changed" in new.told

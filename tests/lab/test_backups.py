"""Both clusters' backups in both regions' S3, and what becomes of them when one of these is lost."""

import os
import shutil
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest
from cryptography import x509

from lab import certificate, pgbackrest, process
from lab.account import house
from lab.parts.aws import Aws, backup_bucket, s3
from lab.parts.aws_tls import AwsTls
from lab.parts.backups import Backups
from lab.parts.link import Link
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.replication import Replication
from lab.place import EAST, REGIONS, WEST, Lab, claim
from lab.running import down, refuse_second, start_all

ADDRESSES = ("127.0.10.1", "127.0.10.2")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Two clusters that replicate, both regions' S3, and the backups."""
    name = f"backups-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    stores = [part for region in REGIONS for part in (Postgres(region, backed_up=True), Aws(region))]
    backing = [part for region in REGIONS for part in (AwsTls(region), Backups(region))]
    try:
        start_all(lab, [Link(control), *stores, Replication(), *backing], lambda _: None)
        yield lab
    finally:
        down(lab)
        shutil.rmtree(lab.folder)


def kept(lab: Lab, place: str) -> set[tuple[str, str]]:
    """Return of which region's cluster *place* keeps what: a `backup`, a WAL `archive`."""
    store, bucket = s3(lab, place), backup_bucket(lab, place)
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    stored = [name for name in names if name.endswith(("/backup.manifest", ".zst"))]
    stanzas = {pgbackrest.stanza(lab, region): region for region in REGIONS}
    return {(stanzas[stanza], what) for what, stanza, *_ in (name.split("/") for name in stored)}


EVERYTHING = {(region, what) for region in REGIONS for what in ("backup", "archive")}


@pytest.mark.lab
def test_each_region_keeps_both_clusters(lab: Lab) -> None:
    """Whichever region is lost, the other one has a backup of each cluster, and the WAL since."""
    assert kept(lab, EAST) == EVERYTHING
    assert kept(lab, WEST) == EVERYTHING


@pytest.mark.lab
def test_a_lost_store_gets_everything_again(lab: Lab) -> None:
    """It comes back empty, beside archivers that have failed meanwhile."""
    lost: list[Part] = [Aws(EAST), AwsTls(EAST)]
    process.kill(each for each in process.recorded(lab) if each.part in {part.name for part in lost})
    start_all(lab, lost, lambda _: None)
    assert kept(lab, EAST) == set()

    start_all(lab, [Backups(region) for region in REGIONS], lambda _: None)

    assert kept(lab, EAST) == EVERYTHING


def test_a_region_reaches_the_other_one_through_the_link() -> None:
    """Repository 1 is the region's own, at its own address; a cut link cuts it off from repository 2 only."""
    lab = Lab(name="none", index=0)

    told = pgbackrest.rendered(lab, WEST)

    assert "repo1-storage-host=127.0.20.1\n" in told
    assert "repo1-s3-bucket=dr-backups-none-us-west-2\n" in told
    assert "repo2-storage-host=127.0.10.2\n" in told
    assert "repo2-s3-bucket=dr-backups-none-us-east-1\n" in told


def test_a_certificate_names_addresses_as_addresses_and_as_names(tmp_path: Path) -> None:
    """TLS clients look for an address among the addresses, pgBackRest 2.45 among the names."""
    certificate.draw(tmp_path / "ca.pem", tmp_path / "endpoint.pem", ADDRESSES)

    drawn = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    names = drawn.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(ADDRESSES)
    assert names.get_values_for_type(x509.IPAddress) == [ip_address(each) for each in ADDRESSES]
    assert ssl.create_default_context(cafile=tmp_path / "ca.pem").cert_store_stats()["x509_ca"] == 1
    assert (tmp_path / "endpoint.pem").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def empty_lab() -> Iterator[Lab]:
    """A lab's folder, and nothing that runs."""
    lab = Lab(name=f"empty-{os.getpid()}", index=0)
    lab.folder.mkdir(parents=True)
    yield lab
    down(lab)
    shutil.rmtree(lab.folder)


def test_what_left_a_part_is_killed_with_it(empty_lab: Lab) -> None:
    """pgBackRest's archiver is no child of PostgreSQL any more: a lost region must not archive on."""
    told = empty_lab.folder / "pid"
    leaving = f"(setsid sh -c 'echo $$ > {told}; exec sleep 600' &) ; exec sleep 600"
    part = process.start(empty_lab, "part", ["sh", "-c", leaving], as_caller=True)
    left = int(process.wait_until(lambda: told.read_text().strip(), what="its process id", deadline_s=10))
    assert left not in {each.pid for each in part.tree()}
    outside = process.Running("outside", None, left, psutil.Process(left).create_time())
    assert outside.alive

    process.kill([part])

    assert not part.alive
    assert not outside.alive

"""One region's pgBackRest: where it keeps things, what it is told, and how it is run.

It runs on the machine of the region's cluster, as the account that owns the cluster's files.
"""

import os
import shlex
import subprocess
from pathlib import Path

from lab.account import dropped_to, owned
from lab.parts.aws import ACCESS_KEY_ID, backup_bucket
from lab.parts.aws_tls import ca_file
from lab.parts.postgres import Postgres
from lab.place import PORTS, Lab, other
from recovery.errors import Unavailable

PROGRAM = "/usr/bin/pgbackrest"
PROCESSES = 2
REPOSITORIES = (1, 2)
COMMAND_DEADLINE_S = 120.0

GLOBAL = """[global]
log-level-console=warn
log-level-file=warn
log-path={folder}/log
lock-path={folder}/lock
spool-path={folder}/spool
archive-async=y
process-max={processes}
compress-type=zst
start-fast=y
# The archiver asks both repositories before it stores in either: one that is dead or cut off holds the
# other one up by about 5 or 9 times this (measured), whose default is a minute.
io-timeout=5
"""

REPOSITORY = """
repo{number}-type=s3
repo{number}-path=/
repo{number}-s3-bucket={bucket}
repo{number}-s3-region={region}
repo{number}-s3-endpoint=s3.{region}.amazonaws.com
repo{number}-s3-uri-style=path
repo{number}-storage-host={host}
repo{number}-storage-port={port}
repo{number}-storage-ca-file={ca_file}
repo{number}-retention-full=2
repo{number}-bundle=y
"""

STANZA = """
[{stanza}]
pg1-path={data}
pg1-port={port}
pg1-socket-path={socket}
pg1-user=postgres
"""

KEYS = """repo{number}-s3-key={key}
repo{number}-s3-key-secret={secret}
"""


def stanza(lab: Lab, region: str) -> str:
    """What the region's cluster is called in every repository."""
    return f"lab-{lab.name}-{region}"


def folder_of(lab: Lab, region: str) -> Path:
    """Where the region's pgBackRest keeps its configuration, locks and spool."""
    return lab.folder / "data" / f"backups-{region}"


def configuration_file(lab: Lab, region: str) -> Path:
    """What the region's pgBackRest is told; the keys are beside it, in `conf.d`."""
    return folder_of(lab, region) / "pgbackrest.conf"


def scratch_folder(lab: Lab, region: str) -> Path:
    """Below it, clusters are restored."""
    return lab.folder / "data" / f"scratch-{region}"


def rendered(lab: Lab, region: str) -> str:
    """Return the region's configuration: repository 1 is its own, 2 is the other one's, across the link."""
    blocks = [GLOBAL.format(folder=folder_of(lab, region), processes=PROCESSES)]
    stores, there = lab.stores, other(region)
    hosts = {
        region: stores.address(region),
        there: stores.address(there) if stores != lab else lab.across(there),
    }
    for number, (place, host) in zip(REPOSITORIES, hosts.items(), strict=True):
        repository = REPOSITORY.format(
            number=number,
            bucket=backup_bucket(lab, place),
            region=place,
            host=host,
            port=PORTS.aws_tls,
            ca_file=ca_file(stores, place),
        )
        blocks.append(repository)
    cluster = STANZA.format(
        stanza=stanza(lab, region),
        data=Postgres(region).data(lab),
        port=PORTS.postgres,
        socket=Postgres(region).socket_folder(lab),
    )
    return "".join([*blocks, cluster])


def configure(lab: Lab, region: str) -> None:
    """Write the configuration and the keys, for the servers' account only, and make the folders."""
    folder = folder_of(lab, region)
    for each in (folder, folder / "conf.d", folder / "log", folder / "lock", folder / "spool"):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration_file(lab, region).write_text(rendered(lab, region))
    secret = lab.secret("aws-secret-access-key")
    keys = folder / "conf.d" / "keys.conf"
    keys.touch(mode=0o600)
    keys.write_text(
        "[global]\n"
        + "".join(KEYS.format(number=number, key=ACCESS_KEY_ID, secret=secret) for number in REPOSITORIES)
    )
    owned(folder)
    scratch = scratch_folder(lab, region)
    scratch.mkdir(mode=0o700, exist_ok=True)
    owned(scratch)


def command(lab: Lab, region: str, *arguments: str) -> list[str]:
    """Return the command line that gives the region's pgBackRest an order about the region's cluster."""
    where = f"--config-path={folder_of(lab, region)}"
    return [PROGRAM, where, f"--stanza={stanza(lab, region)}", *arguments]


def archive_command(lab: Lab, region: str) -> str:
    """Return what PostgreSQL is to run for each segment, `%p`."""
    return f'{shlex.join(command(lab, region, "archive-push"))} "%p"'


def run(lab: Lab, region: str, *arguments: str) -> str:
    """Return what the region's pgBackRest answered to an order; `Unavailable` has the error that it told."""
    done = subprocess.run(
        [*dropped_to(), *command(lab, region, *arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, **lab.belongings},
        stdin=subprocess.DEVNULL,
        timeout=COMMAND_DEADLINE_S,
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise Unavailable(
            f"pgbackrest {' '.join(arguments)} of {stanza(lab, region)} ended with {done.returncode}: {told[0]}"
        )
    return done.stdout

"""A restore by the flow against pgBackRest and PostgreSQL by hand, of the same backup to the same moment, in one lab.

    python benchmarks/restore.py --runs 3 --mb 1000

Prints, per run: what fetching and replaying took by each, their ratio, and what the flow took beside them. By hand
nothing is checked, proved or measured: `pgbackrest restore`, then `pg_ctl start` until the moment is reached.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

import psycopg

from blocks.estate import Estate
from blocks.journal_stores import journal_of
from lab.account import dropped_to, owned
from lab.parts.postgres import BIN, connected
from lab.parts.prefect import environment
from lab.place import EAST, PORTS, Lab
from lab.running import down, up
from recovery import operation_journal
from recovery.backups import Backup, BackupKind
from recovery.estate_in_hand import Restorable
from recovery.report.restore_compose import compose_restore
from recovery.restore_point import Target
from recovery.restore_ports import Mark
from recovery.waiting import wait_until

DR = Path(sys.executable).with_name("dr")
ROW_BYTES = 270
REACHED_S = 1800
ASKED = {"(fetch + replay) / by hand": 1.15, "beside the restore, without proofs": 5.0}
"""Greatest median; seconds, where it is no ratio."""
Figures = dict[str, float]


def filled(lab: Lab, megabytes: int) -> None:
    """Write so much into one table of the east, which is not replicated."""
    with connected(lab, EAST, "eden_task") as connection:
        connection.execute("CREATE TABLE ballast (id bigint PRIMARY KEY, text text)")
        connection.execute(
            "INSERT INTO ballast SELECT n, repeat(md5(n::text), 2) || repeat(md5(random()::text), 4) "
            "FROM generate_series(1, %s) n",
            [megabytes * 1_000_000 // ROW_BYTES],
        )


def by_hand(lab: Lab, backup: Backup, moment: datetime) -> float:
    """Return how long pgBackRest and PostgreSQL take by themselves, seconds."""
    data = lab.folder / "data" / "by-hand"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    owned(data)
    options = [
        f"--repo={backup.repository}",
        f"--set={backup.label}",
        f"--pg1-path={data}",
        "--archive-mode=off",
    ]
    target = Target.time(moment)
    options += ["--type=time", f"--target={target.value}", "--target-action=promote", "--process-max=2"]
    stanza = f"lab-{lab.name}-{EAST}"
    folder = lab.folder / "data" / f"backups-{EAST}"
    restore = ["pgbackrest", f"--config-path={folder}", f"--stanza={stanza}", *options, "restore"]
    settings = {
        "port": PORTS.scratch_postgres,
        "shared_preload_libraries": "",
        "unix_socket_directories": "",
        "autovacuum": "off",
    }
    given = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    control = [str(BIN / "pg_ctl"), "-D", str(data)]
    began = monotonic()
    subprocess.run([*dropped_to(), *restore], check=True, capture_output=True, cwd="/")
    start = [*control, "-w", "-t", str(REACHED_S), "-l", str(data / "log"), "-o", given, "start"]
    subprocess.run([*dropped_to(), *start], check=True, capture_output=True, cwd="/")
    wait_until(lambda: promoted(lab), what="the moment", deadline_s=REACHED_S, poll_s=0.1)
    took_s = monotonic() - began
    subprocess.run(
        [*dropped_to(), *control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/"
    )
    shutil.rmtree(data)
    return took_s


def archived(clients: Restorable, mark: Mark) -> None:
    """Wait until the archiver has put away what filling the table wrote: neither way is to wait for that."""

    def there() -> tuple[bool | None, str]:
        last = clients.backups.kept().repositories[0].wal_last or ""
        return (True if last >= mark.segment else None), f"archived up to {last}"

    wait_until(there, what=f"segment {mark.segment}", deadline_s=REACHED_S, poll_s=1)


def promoted(lab: Lab) -> tuple[bool | None, str]:
    """Whether the cluster on the scratch port has left recovery."""
    access = {
        "host": lab.address(EAST),
        "port": PORTS.scratch_postgres,
        "dbname": "postgres",
        "user": "dr_operator",
    }
    try:
        with psycopg.connect(**access, password=lab.secret("postgres-operator")) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    except psycopg.OperationalError as error:
        return None, str(error)
    return (True if row == (False,) else None), str(row)


def by_the_flow(lab: Lab, moment: datetime) -> Figures:
    """Return what the flow took, by its report."""
    command = [
        str(DR),
        "restore",
        "run",
        EAST,
        "--time",
        moment.isoformat(),
        "--fault-at",
        moment.isoformat(),
    ]
    env: Mapping[str, str] = environment(lab) | {"PATH": "/usr/bin:/bin", "DR_ESTATE": str(lab.estate_file)}
    done = subprocess.run(
        [*command, "--no-keep", "--reason", "benchmark"], env=env, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    quorum = journal_of(str(lab.estate_file))[1]
    report = compose_restore(operation_journal.read(quorum, operation_journal.operations(quorum)[-1]))
    phases = {piece.what: piece.length_s for piece in report.spent.phases}
    return {"RTO": report.verdict.rto.achieved_s or 0.0, **phases}


def main() -> int:
    """Run, and print; 0 only if the medians are within what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--mb", type=int, default=1000)
    options = parser.parse_args()
    lab = up("bench-restore", lambda _proof: None, watched=False, backed_up=True)
    try:
        filled(lab, options.mb)
        clients = Estate.load(str(lab.estate_file)).restorable(EAST)
        clients.backups.back_up(BackupKind.FULL, repository=1)
        backup = clients.backups.kept().usable(1)[-1]
        Event().wait(5)  # some commits after the backup
        moment = datetime.now(UTC)
        archived(clients, clients.archiving.mark())
        print(f"{backup.cluster_bytes / 1e6:.0f} MB, {backup.stored_bytes / 1e6:.0f} MB in the repository\n")
        return summary([one(lab, backup, moment, number) for number in range(1, options.runs + 1)])
    finally:
        down(lab)


def one(lab: Lab, backup: Backup, moment: datetime, number: int) -> Figures:
    """Do it both ways, in turns first."""
    if number % 2:
        hand_s, flow = by_hand(lab, backup, moment), by_the_flow(lab, moment)
    else:
        flow, hand_s = by_the_flow(lab, moment), by_hand(lab, backup, moment)
    restored = flow["fetch"] + flow["replay"]
    figures = {
        "by hand": hand_s,
        "fetch + replay": restored,
        "(fetch + replay) / by hand": restored / hand_s,
        "beside the restore, without proofs": flow["RTO"] - restored - flow.get("validate", 0.0),
        **{name: flow[name] for name in ("promote", "validate", "RTO") if name in flow},
    }
    print(f"run {number}: " + ", ".join(f"{name} {value:.2f}" for name, value in figures.items()), flush=True)
    return figures


def summary(runs: list[Figures]) -> int:
    """Print the medians, beside what was asked for."""
    print()
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    for name, median in medians.items():
        asked = f"   asked for: {ASKED[name]:g}" if name in ASKED else ""
        print(f"{name:36} median {median:8.2f}   worst {max(run[name] for run in runs):8.2f}{asked}")
    return 0 if all(medians[name] <= limit for name, limit in ASKED.items()) else 1


if __name__ == "__main__":
    sys.exit(main())

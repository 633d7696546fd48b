"""The estate file of one lab: `lab/estate.yaml` with its addresses, ports and ids filled in."""

import sys
from pathlib import Path

import yaml
from pydantic import JsonValue

from lab import pgbackrest, process, stand_ins
from lab.account import dropped_to
from lab.parts.aws import ACCESS_KEY_ID, backup_bucket, journal_bucket, stop_bucket, stop_key, zone
from lab.parts.aws_tls import ca_file
from lab.parts.postgres import ARCHIVE_SECONDS, Postgres
from lab.people import PEOPLE, enrol, secret_name
from lab.place import OUTSIDE, PORTS, REGIONS, ROOT, WITNESS, Lab, other
from lab.testing import testing

AUTOMATION: dict[str, JsonValue] = {
    "hold_seconds": 2,
    "evaluations": 3,
    "evaluate_seconds": 1,
    "hysteresis_seconds": 3,
    "watchdog_silence_seconds": 15,
    "failovers_per_hour": 60,
    "failovers_per_day": 240,
}
"""A test cannot wait for a real estate's pace."""
PLACES = (*REGIONS, OUTSIDE)
_LAB = (sys.executable, "-m", "lab")
TEMPLATE = Path(__file__).parent / "estate.yaml"


def write_estate(lab: Lab, *, automatic: bool, approval: bool, backed_up: bool) -> Path:
    """Write the lab's estate file, and the files of its secrets; return the estate file's path."""
    values = yaml.safe_load(TEMPLATE.read_text())
    values["global_load_balancing"]["failover"]["automatic"] = automatic
    values["disaster_recovery"]["recovery_coordination"]["manual_approval_required"] = approval
    for block, port in (("postgres_multi_region", PORTS.postgres), ("redis_multi_region", PORTS.redis)):
        for region in values[block]["regions"]:
            region |= {"host": lab.address(region["name"]), "port": port}
    (lab.folder / "secrets" / "aws-access-key-id").write_text(ACCESS_KEY_ID)
    enrol(lab)
    recovery = _recovery(lab)
    if backed_up:
        recovery |= {"backups": _backups(lab), "stand_ins": _stand_ins(stand_ins.of(lab))}
    lab.estate_file.write_text(yaml.safe_dump(values | {"recovery": recovery}, sort_keys=False))
    return lab.estate_file


def _recovery(lab: Lab) -> dict[str, JsonValue]:
    """The eleventh block."""
    return {
        "estate": f"lab-{lab.name}",
        "secrets_directory": str(lab.folder / "secrets"),
        "journal": {"stores": [_store(lab, place) for place in (*REGIONS, WITNESS)]},
        "reports_directory": str(ROOT / "reports"),
        "aws": {
            "access_key_id_secret": "aws-access-key-id",
            "secret_access_key_secret": "aws-secret-access-key",
        },
        "prefect": {"api_url": lab.prefect_url},
        "approval": {"approvers": {name: secret_name(name) for name in PEOPLE}},
        "route53": {
            "hosted_zone_id": zone(lab).zone_id,
            "record_ttl_seconds": 1,
            "endpoint_url": lab.control_url,
            "authoritative_servers": [f"{lab.third_place}:{PORTS.dns}"],
            "health_checks": dict(zone(lab).health_checks),
            "stop_objects": {region: _stop_object(lab, region) for region in REGIONS},
        },
        "gateways": {
            region: _gateway(lab, region) | {"guard": f"{lab.address(region)}:{PORTS.guard}"}
            for region in REGIONS
        },
        "postgres": {
            "operator": "dr_operator",
            "password_secret": "postgres-operator",
            "application_roles": ["eden_app"],
        },
        "redis": {
            "password_secret": "redis",
            "reached_at": {region: {"host": lab.across(region), "port": PORTS.redis} for region in REGIONS},
        },
        "prober": {"url": f"http://{lab.third_place}:{PORTS.prober}"},
        "faults": {
            "break_by": [*_LAB, "break", "--json", "--name", lab.name],
            "heal_by": [*_LAB, "heal", "--json", "--name", lab.name],
        },
        "testing": testing(lab),
        "automation": AUTOMATION | {"observers": {place: _observer(lab, place) for place in PLACES}},
    }


def _stand_ins(lab: Lab) -> dict[str, JsonValue]:
    return {
        region: {
            "postgres": {"host": lab.address(region), "port": PORTS.postgres},
            "redis": {"host": lab.address(region), "port": PORTS.redis},
            "gateway": _gateway(lab, region),
            "database_host": _database_host(lab, region),
        }
        for region in REGIONS
    }


def _gateway(lab: Lab, region: str) -> dict[str, JsonValue]:
    return {
        "address": lab.address(region),
        "port": PORTS.gateway,
        "scheme": "http",
        "admin": f"{lab.address(region)}:{PORTS.gateway_admin}",
    }


def _observer(lab: Lab, place: str) -> dict[str, JsonValue]:
    at = f"http://{lab.monitoring_address(place)}"
    return {"prometheus": f"{at}:{PORTS.prometheus}", "alertmanager": f"{at}:{PORTS.alertmanager}"}


def _store(lab: Lab, place: str) -> dict[str, JsonValue]:
    return {
        "kind": "s3",
        "place": place,
        "bucket": journal_bucket(lab, place),
        "region": place,
        "endpoint_url": lab.aws_url(place),
    }


def _stop_object(lab: Lab, region: str) -> dict[str, JsonValue]:
    place = other(region)
    return {
        "bucket": stop_bucket(lab, place),
        "region": place,
        "key": stop_key(region),
        "endpoint_url": lab.aws_url(place),
    }


def _backups(lab: Lab) -> dict[str, JsonValue]:
    return {
        "repositories": {region: _repository(lab, region) for region in REGIONS},
        "hosts": {region: _database_host(lab, region) for region in REGIONS},
        "processes": pgbackrest.PROCESSES,
        "archive_seconds": ARCHIVE_SECONDS,
    }


def _repository(lab: Lab, region: str) -> dict[str, JsonValue]:
    return {
        "bucket": backup_bucket(lab, region),
        "endpoint": f"{lab.address(region)}:{PORTS.aws_tls}",
        "uri_style": "path",
        "ca_file": str(ca_file(lab, region)),
        "keys": "shared",
    }


def _database_host(lab: Lab, region: str) -> dict[str, JsonValue]:
    return {
        # What flows start there, also in the live cluster's place, ends with the region.
        "as_account": ["/usr/bin/env", process.marked(lab, Postgres(region).name), *dropped_to()],
        "address": lab.address(region),
        "scratch_port": PORTS.scratch_postgres,
        "scratch_directory": str(pgbackrest.scratch_folder(lab, region)),
        "data_directory": str(Postgres(region).data(lab)),
        "configuration": str(pgbackrest.configuration_file(lab, region)),
    }

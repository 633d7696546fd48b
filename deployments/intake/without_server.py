"""The failover that is told on stdin (JSON), against a private Prefect server: the shared one is gone."""

import sys

from deployments import server
from recovery.operation import Failover


def main() -> None:
    """Run it to its end."""
    operation = Failover.model_validate_json(sys.stdin.read())
    server.use_none()
    from flows.region_failover import region_failover  # noqa: PLC0415 - Prefect reads its settings when imported

    sys.stdout.write(f"{region_failover(operation)}\n")


if __name__ == "__main__":
    main()

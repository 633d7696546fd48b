"""`python -m lab`: `dr lab` without the other commands of `dr`, which take seconds to import.

A drill breaks and heals often.
"""

import sys

from lab.cli import app
from recovery.errors import RecoveryError, Refused

if __name__ == "__main__":
    try:
        app()
    except RecoveryError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(2 if isinstance(error, Refused) else 1)

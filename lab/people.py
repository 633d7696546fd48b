"""Who may approve in a lab, and their authenticators. No secrets: every lab has the same."""

from datetime import UTC, datetime

import pyotp

from lab.place import Lab
from recovery.errors import BadInput

PEOPLE = {"ada": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "grace": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}


def enrol(lab: Lab) -> None:
    """Write each one's secret where the estate file names it."""
    for name, secret in PEOPLE.items():
        (lab.folder / "secrets" / secret_name(name)).write_text(secret)


def secret_name(name: str) -> str:
    """Return the name of a person's secret."""
    return f"totp-{name}"


def code_of(name: str) -> str:
    """Return what a person's authenticator shows now."""
    if name not in PEOPLE:
        raise BadInput(f"Nobody is called {name!r} in a lab: {' and '.join(PEOPLE)} are there.")
    return pyotp.TOTP(PEOPLE[name]).at(datetime.now(UTC))

"""Approvers by one-time codes (TOTP, RFC 6238), as every authenticator app shows them."""

from collections.abc import Callable, Mapping
from datetime import datetime

import pyotp
from pydantic import SecretStr
from pyotp.utils import strings_equal

from recovery.errors import BadInput

MOMENT_S = 30
CLOCKS_APART = (0, -1, 1)
"""Moments of 30 s by which the approver's clock may be off (RFC 6238, 5.2)."""


class OneTimeCodes:
    """Each approver has a secret, shared with their authenticator."""

    def __init__(self, secrets: Mapping[str, str], *, secret_of: Callable[[str], SecretStr]) -> None:
        """Know each approver's secret by its name; *secret_of* returns it (base32), when it is needed."""
        self._secrets, self._secret_of = dict(secrets), secret_of

    @property
    def names(self) -> tuple[str, ...]:
        """Return who they are."""
        return tuple(self._secrets)

    def moment_of(self, name: str, code: str, at: datetime) -> int | None:
        """Return the number of the moment to which a right *code* belongs, None for a wrong one."""
        try:
            codes = pyotp.TOTP(self._secret_of(self._secrets[name]).get_secret_value(), interval=MOMENT_S)
            moments = [codes.timecode(at) + off for off in CLOCKS_APART]
            right = {moment for moment in moments if strings_equal(code, codes.generate_otp(moment))}
        except ValueError as error:  # its message has nothing of the secret
            raise BadInput(
                f"The secret {self._secrets[name]!r} is no base32 of 112 bits or more; make one anew, and enrol it."
            ) from error
        return max(right, default=None)

"""Who may approve an operation: part of the block `recovery`."""

from typing import Annotated

from pydantic import Field

from recovery.estate_file.kinds import Minutes, SecretName, Text
from recovery.estate_file.marks import Acts, Part


class ApprovalBlock(Part):
    """Asked where `disaster_recovery.recovery_coordination.manual_approval_required` says so."""

    approvers: Annotated[
        dict[Text, SecretName],
        Field(min_length=1),
        Acts("who may approve, and the secret (TOTP, base32) that their authenticator shares"),
    ]
    timeout_minutes: Annotated[Minutes, Acts("without an answer for so long, the operation is refused")] = 10

"""What a readiness check is asked for with: the form, as people and the schedule fill it in."""

from pydantic import BaseModel, ConfigDict

from recovery.operation import DEFAULT_ESTATE, EstatePath


class ReadinessCheck(BaseModel):
    """Look whether a region could be left now; nothing is changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    estate: EstatePath = DEFAULT_ESTATE

"""The kinds of value that keys of the estate file take.

A kind that is text refuses with what it expects, which becomes "... is not <expected>; give <expected>".
"""

import re
from collections.abc import Callable
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

LONGEST_SPAN_S = 31_622_400  # a leap year
HIGHEST_PORT = 65_535


def _shaped(pattern: str, expected: str) -> Callable[[str], str]:
    shape = re.compile(pattern)

    def shaped(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(expected)
        return text

    return shaped


def host_and_port(text: str) -> tuple[str, int]:
    """Return the two halves of `host:port`; a `ValueError` tells what was expected."""
    host, _, port = text.rpartition(":")
    if re.fullmatch(_HOST, host) and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) <= HIGHEST_PORT:
        return host, int(port)
    raise ValueError("a host and a port from 1 to 65535, as in 127.0.0.1:5300")


def _host_and_port(text: str) -> str:
    host_and_port(text)
    return text


_HOST = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?"

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Flag = bool
Count = Annotated[int, Field(gt=0, le=1_000_000)]
Port = Annotated[int, Field(gt=0, le=HIGHEST_PORT)]
Percent = Annotated[int, Field(gt=0, le=100)]
Share = Annotated[float, Field(gt=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[int, Field(ge=0, le=255)]
Milliseconds = Annotated[int, Field(gt=0, le=LONGEST_SPAN_S * 1000)]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_SPAN_S)]
WholeSeconds = Annotated[int, Field(gt=0, le=LONGEST_SPAN_S)]
Minutes = Annotated[float, Field(gt=0, le=LONGEST_SPAN_S / 60)]
Days = Annotated[int, Field(gt=0, le=36_600)]

Host = Annotated[str, AfterValidator(_shaped(_HOST, "a host name or an IPv4 address, without a port"))]
HostPort = Annotated[str, AfterValidator(_host_and_port)]
IpPort = Annotated[
    str,
    AfterValidator(_host_and_port),
    AfterValidator(
        _shaped(r"\d{1,3}(\.\d{1,3}){3}:\d+", "an IPv4 address and a port, such as 192.0.2.53:53")
    ),
]
UrlPath = Annotated[str, AfterValidator(_shaped(r"/[^\s?#]{0,499}", "a path that begins with /"))]
HttpUrl = Annotated[
    str,
    AfterValidator(
        _shaped(r"https?://[^\s/@?#]+(/[^\s@]*)?", "an http:// or https:// address without credentials in it")
    ),
]
Identifier = Annotated[
    str,
    AfterValidator(
        _shaped(r"[a-z_][a-z0-9_]{0,62}", "a PostgreSQL name: lower-case letters, digits and _, 63 at most")
    ),
]
ServiceName = Annotated[
    str,
    AfterValidator(_shaped(r"[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens, 63 at most")),
]
EstateName = ServiceName
PlaceName = ServiceName
SecretName = Annotated[
    str,
    AfterValidator(
        _shaped(
            r"[a-z0-9][a-z0-9-]{0,62}",
            "the name of a secret (lower-case letters, digits and hyphens), never the secret itself",
        )
    ),
]
BlockName = Annotated[
    str,
    AfterValidator(
        _shaped(
            r"[a-z0-9-]{1,64}/[a-z0-9-]{1,64}",
            "a Prefect block: its type's slug, a slash, its name, as in slack-webhook/dr-oncall",
        )
    ),
]
Bucket = Annotated[
    str,
    AfterValidator(
        _shaped(
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens",
        )
    ),
]
_FIELD = r"[0-9*,/-]+"
Cron = Annotated[
    str,
    AfterValidator(
        _shaped(
            rf"{_FIELD} {_FIELD} {_FIELD} [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/-]+",
            "five cron fields, as in 0 1 * * 0",
        )
    ),
]


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a time zone of the IANA database, as in Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]

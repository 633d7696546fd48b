"""What the adapters of AWS share: how a client is set up, and what its errors mean."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypedDict

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.utils import parse_timestamp

from recovery.errors import RecoveryError, Refused, Unavailable

SERVER_ERROR = 500
REPEATABLE = {
    "ConditionalRequestConflict",
    "HealthCheckVersionMismatch",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""Codes of HTTP 4xx answers that the same request may overcome."""
ABOUT_KEYS = {"InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch"}
"""Codes whose messages quote keys or what was signed: the message stays out of ours."""


@dataclass(frozen=True)
class Credentials:
    """A pair of access keys, and a session token where it is a temporary one; shown nowhere."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Arguments(TypedDict):
    """What a boto3 client is made with, beside the name of the service."""

    region_name: str
    endpoint_url: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: str | None
    aws_session_token: str | None
    config: Config


@dataclass(frozen=True)
class Endpoint:
    """Where an AWS API is, as whom, and for how long it is waited for.

    A call is one attempt and ends in time: repeating is the steps' business.
    """

    region: str
    url: str | None = None
    """None for AWS itself."""
    credentials: Credentials | None = None
    """None for what the machine is configured with."""
    connect_timeout_s: float = 1.0
    read_timeout_s: float = 2.0

    def arguments(self) -> Arguments:
        """Return what to make a boto3 client with."""
        keys = self.credentials
        return Arguments(
            region_name=self.region,
            endpoint_url=self.url,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            config=Config(
                connect_timeout=self.connect_timeout_s,
                read_timeout=self.read_timeout_s,
                retries={"mode": "standard", "total_max_attempts": 1},
            ),
        )


_ONE_AT_A_TIME = Lock()
"""A session is not made for several threads; the clients that it makes are."""


@contextmanager
def session() -> Iterator[boto3.session.Session]:
    """Lend the process's session, to one thread at a time.

    It has AWS's descriptions of its APIs, which are most of what a client costs: six clients took 0.9 s, and take
    0.05 s once they are read.
    """
    with _ONE_AT_A_TIME:
        yield _session()


@functools.cache
def _session() -> boto3.session.Session:
    core = botocore.session.get_session()
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_instant)
    return boto3.session.Session(botocore_session=core)


def _instant(told: str) -> datetime:
    """Read an instant; those of listings by the standard library: botocore's own way took half of a listing."""
    if isinstance(told, str) and "T" in told and told.endswith("Z"):
        return datetime.fromisoformat(told)
    return parse_timestamp(told)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn botocore's errors into `Unavailable` or `Refused` that begin with *what* was being done."""
    try:
        yield
    except ClientError as error:
        raise _answered(what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Refused(f"{what}: no credentials; configure them for this machine.") from error
    except ParamValidationError as error:
        raise Refused(f"{what}: the request is malformed: {error}") from error
    except BotoCoreError as error:
        raise Unavailable(
            f"{what}: no answer ({error}); repeat, or check the endpoint and the network."
        ) from error


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an error answer."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _answered(what: str, error: ClientError) -> RecoveryError:
    code, status = error.response["Error"]["Code"], status_of(error)
    said = code if code in ABOUT_KEYS else f"{code}: {error.response['Error'].get('Message', '')[:300]}"
    if status >= SERVER_ERROR or code in REPEATABLE:
        return Unavailable(f"{what}: AWS answered {status} {said}; repeat.")
    return Refused(f"{what}: AWS answered {status} {said}; repeating changes nothing.")

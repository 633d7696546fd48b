"""What every `StopSwitch` promises, on the fake and on a real AWS endpoint."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.stop_object import StopObject
from recovery.errors import Refused, Unavailable
from recovery.fakes.traffic import FakeStop
from recovery.traffic import StopSwitch

HOST = "127.98.7.2"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    url = f"http://{HOST}:{server.get_host_and_port()[1]}"
    yield Endpoint("us-east-1", url, Credentials("id", "key"), 1.0, 10.0)
    server.stop()


@pytest.fixture(params=["fake", "aws"])
def stop(request: pytest.FixtureRequest) -> StopSwitch:
    if request.param == "fake":
        return FakeStop()
    endpoint = request.getfixturevalue("endpoint")
    client = boto3.client("s3", **endpoint.arguments())
    client.create_bucket(Bucket="stop")
    client.delete_object(Bucket="stop", Key="us-east-1")
    client.close()
    return StopObject("stop", "us-east-1", endpoint)


def test_the_stop_object_is_there_from_put_to_remove(stop: StopSwitch) -> None:
    seen = [stop.present()]
    for act in (stop.put, stop.put, stop.remove, stop.remove):
        act()
        seen.append(stop.present())

    assert seen == [False, True, True, False, False]


def test_a_missing_bucket_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(Refused, match=r"Putting s3://none/us-east-1: .* NoSuchBucket"):
        StopObject("none", "us-east-1", endpoint).put()


def test_no_endpoint_is_unavailable() -> None:
    """Nothing listens on port 1."""
    nowhere = Endpoint("us-east-1", f"http://{HOST}:1", Credentials("id", "key"), 0.2, 0.2)

    with pytest.raises(Unavailable, match="Looking for s3://stop/us-east-1: no answer"):
        StopObject("stop", "us-east-1", nowhere).present()

"""The lab's S3 lists as moto's does, whatever its keys are called."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

from lab.aws import list_quickly
from recovery.adapters import aws

HOST, BUCKET = "127.98.9.1", "journal"
KEYS = ("a/1.json", "a/2.json", "a/b/3.json", 'a/<x>&"y"', "a/two words", "a/ü+%20", "b/4.json")
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"Prefix": "a/"},
    {"Prefix": "a/", "Delimiter": "/"},
    {"Prefix": "a/", "StartAfter": "a/1.json"},
    {"Prefix": "c/"},
    {"Prefix": "a/", "PaginationConfig": {"PageSize": 2}},
)


@pytest.fixture
def bucket() -> Iterator[Any]:
    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    endpoint = aws.Endpoint("us-east-1", f"http://{HOST}:{port}", aws.Credentials("id", "key"), 1, 10)
    with aws.session() as session:
        client = session.client("s3", **endpoint.arguments())
    client.create_bucket(Bucket=BUCKET)
    for key in KEYS:
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    yield client
    server.stop()


def listed(client: Any, question: dict[str, Any]) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, **question)
    return [{name: value for name, value in page.items() if name != "ResponseMetadata"} for page in pages]


def test_a_listing_is_as_motos_own(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    thorough = [listed(bucket, question) for question in QUESTIONS]

    monkeypatch.setattr(S3Response, "serialized", S3Response.serialized)  # so that it is put back
    list_quickly()

    assert [listed(bucket, question) for question in QUESTIONS] == thorough
    assert sorted(one["Key"] for page in thorough[0] for one in page["Contents"]) == sorted(KEYS)

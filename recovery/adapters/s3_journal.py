"""An S3 bucket as a journal store."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from botocore.exceptions import ClientError
from cachetools import LRUCache

from recovery.adapters import aws

PRECONDITION_FAILED = 412
READERS = 10
"""Objects that are fetched at once, as many as a client keeps connections: another continent answers in 0.1 s,
a journal has a hundred events, and the quorum waits for 5 s."""
REMEMBERED_BYTES = 16 * 2**20
"""Some ten thousand events."""


class S3Store:
    """Objects in one bucket; a new one is written with `If-None-Match: *`, which S3 decides atomically.

    What was read, or written for the first time, is remembered with its entity tag, and fetched again only where the
    listing has another one: a journal is read many times while it grows, and a listing is one request where its events
    are a hundred.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """

    def __init__(self, place: str, bucket: str, endpoint: aws.Endpoint) -> None:
        """Take the bucket."""
        self.place, self._bucket = place, bucket
        with aws.session() as session:
            self._client = session.client("s3", **endpoint.arguments())
        self._remembered: LRUCache[tuple[str, str], bytes] = LRUCache(REMEMBERED_BYTES, getsizeof=len)
        self._one_at_a_time = Lock()

    def put_new(self, key: str, body: bytes) -> bytes | None:
        """Write *body* under a key that has none; return None, or what was there before."""
        with aws.told(f"Writing s3://{self._bucket}/{key}"):
            try:
                put = self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if aws.status_of(error) != PRECONDITION_FAILED:
                    raise
                return self._body(key)
        self._remember(key, put["ETag"], body)
        return None

    def put(self, key: str, body: bytes) -> None:
        """Write *body* under *key*, whatever was there."""
        with aws.told(f"Writing s3://{self._bucket}/{key}"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def read(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose key begins with *prefix*."""
        listed = self._listed(prefix)
        with aws.told(f"Reading s3://{self._bucket}/{prefix}"), ThreadPoolExecutor(READERS) as pool:
            return dict(zip(listed, pool.map(self._as_listed, listed.items()), strict=True))

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with *prefix*, sorted."""
        return sorted(self._listed(prefix))

    def _listed(self, prefix: str) -> dict[str, str]:
        """Return the keys that begin with *prefix*, each with its object's entity tag."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with aws.told(f"Listing s3://{self._bucket}/{prefix}"):
            return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}

    def _as_listed(self, item: tuple[str, str]) -> bytes:
        """Return the object of that key and entity tag: what is remembered, or else what is there now."""
        with self._one_at_a_time:
            remembered = self._remembered.get(item)
        if remembered is not None:
            return remembered
        found = self._client.get_object(Bucket=self._bucket, Key=item[0])
        body = found["Body"].read()
        self._remember(item[0], found["ETag"], body)
        return body

    def _remember(self, key: str, tag: str, body: bytes) -> None:
        if len(body) <= REMEMBERED_BYTES:
            with self._one_at_a_time:
                self._remembered[key, tag] = body

    def _body(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

"""An S3 object outside the region, whose presence fails the region's health check."""

from botocore.exceptions import ClientError

from recovery.adapters import aws
from recovery.errors import Unavailable

NOT_FOUND = 404


class StopObject:
    """The `StopSwitch` that Route 53's checkers see: an inverted HTTP check of the object.

    Present: the inverted check, and with it the region's calculated check, is unhealthy.
    Absent, or S3 away: it is healthy, so that losing the bucket stops nothing. Pattern:
    https://aws.amazon.com/blogs/networking-and-content-delivery/creating-disaster-recovery-mechanisms-using-amazon-route-53/
    """

    def __init__(self, bucket: str, key: str, endpoint: aws.Endpoint) -> None:
        """Take the object *key* of a bucket in the endpoint's region: never the region that it stops."""
        self._bucket, self._key = bucket, key
        with aws.session() as session:
            self._client = session.client("s3", **endpoint.arguments())

    def put(self) -> None:
        """Have the object there, and see it. The bucket's policy, not an ACL, lets the checkers read it."""
        with aws.told(f"Putting {self._where}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=b"stop\n",
                ContentType="text/plain",
                CacheControl="no-store",
            )
        if not self.present():
            raise Unavailable(f"{self._where} was put and is not there; repeat.")

    def remove(self) -> None:
        """Have the object gone, and see that it is."""
        with aws.told(f"Removing {self._where}"):
            self._client.delete_object(Bucket=self._bucket, Key=self._key)
        if self.present():
            raise Unavailable(f"{self._where} was removed and is still there; repeat.")

    def present(self) -> bool:
        """Whether the object is there. Needs s3:ListBucket: without it S3 answers 403 for one that is not."""
        with aws.told(f"Looking for {self._where}"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._key)
            except ClientError as error:
                if aws.status_of(error) == NOT_FOUND:
                    return False
                raise
        return True

    @property
    def _where(self) -> str:
        return f"s3://{self._bucket}/{self._key}"

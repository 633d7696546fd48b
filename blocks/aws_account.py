"""The AWS account: what its clients are made with."""

from prefect.blocks.core import Block
from pydantic import SecretStr

from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.route53 import Route53
from recovery.adapters.stop_object import StopObject


class AwsAccount(Block):
    """An AWS account. It holds keys, or nothing for the machine's own credentials."""

    _block_type_name = "Eden DR AWS account"
    _block_type_slug = "eden-dr-aws-account"

    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None

    def route53(self, zone_id: str, global_name: str, *, url: str | None, ttl_s: int) -> Route53:
        """Return the traffic switch of a zone; the API of Route 53 is in us-east-1."""
        return Route53(zone_id, global_name, self._endpoint("us-east-1", url), ttl_s=ttl_s)

    def stop_object(self, bucket: str, key: str, *, region: str, url: str | None) -> StopObject:
        """Return the switch that stops a region from another one."""
        return StopObject(bucket, key, self._endpoint(region, url))

    def _endpoint(self, region: str, url: str | None) -> Endpoint:
        if self.access_key_id is None or self.secret_access_key is None:
            return Endpoint(region, url)
        keys = Credentials(self.access_key_id.get_secret_value(), self.secret_access_key.get_secret_value())
        return Endpoint(region, url, keys)

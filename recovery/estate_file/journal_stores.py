"""Where the journal is kept: directories and S3 buckets, at most one a place."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from recovery.estate_file.kinds import Bucket, HttpUrl, PlaceName
from recovery.estate_file.marks import Acts, Part
from recovery.operation import RegionName


class DirectoryStore(Part):
    """A directory of this machine, or one that is mounted."""

    kind: Annotated[Literal["directory"], Acts("a directory holds a copy of the journal")]
    place: Annotated[PlaceName, Acts("where the copy is: a region of the estate, or a third place")]
    path: Annotated[Path, Acts("the directory; a relative one starts where the command runs")]


class S3Store(Part):
    """A bucket."""

    kind: Annotated[Literal["s3"], Acts("a bucket holds a copy of the journal")]
    place: Annotated[PlaceName, Acts("where the copy is: a region of the estate, or the witness")]
    bucket: Annotated[Bucket, Acts("the bucket's name")]
    region: Annotated[RegionName, Acts("the bucket's AWS region")]
    endpoint_url: Annotated[HttpUrl | None, Acts("asked instead of AWS")] = None


Store = Annotated[DirectoryStore | S3Store, Field(discriminator="kind")]


def _on_this_machine() -> tuple[DirectoryStore | S3Store, ...]:
    return (DirectoryStore(kind="directory", place="local", path=Path(".journal")),)


class JournalStores(Part):
    """The stores, of which a majority must accept each write."""

    stores: Annotated[tuple[Store, ...], Field(min_length=1)] = Field(default_factory=_on_this_machine)

"""dagster-aws's `S3Resource` with the endpoint, region and credentials of the store, for anyone's own assets."""

from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.adapter.schema import TakesNothing
from ml_assets.settings import load_settings
from ml_assets.storage.buckets import find_session

if TYPE_CHECKING:  # boto3 takes longer to load than all of the definitions
    from dagster_aws.s3 import S3Resource


@dg.resource(
    config_schema=TakesNothing(),
    description="S3 as the settings say: the endpoint, region and credentials of the artifact store",
)
def s3_resource(_: dg.InitResourceContext) -> "S3Resource":
    """An asset's argument `s3: S3Resource`; it takes no config, as the settings say it all: `s3`, and that of the environment.

    Raises StoreError where there are no credentials.
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's and boto3's own
        from dagster_aws.s3 import S3Resource

    access = load_settings().s3_of()
    session = find_session(access)
    return S3Resource(
        endpoint_url=access.endpoint_url or None,
        region_name=session.region,
        profile_name=access.profile or None,
        max_attempts=access.max_attempts,
        use_unsigned_session=session.provider is None,
    )

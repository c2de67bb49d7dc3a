"""What assets of one's own may ask for beside parameters and options: how S3 is reached."""

import dagster as dg

from ml_assets.resources.s3 import s3_resource

defs = dg.Definitions(resources={"s3": s3_resource})

"""Stores that replace what must only be created: found out before an act could be lost in one, and refused.

Writers keep out of each other's way by creating a file that nobody has created yet. A store that ignores this
(`If-None-Match` of S3) says that it has created the file, and the act of the other writer is gone.
"""

import functools

from ml_assets.core.s3_access import S3Access
from ml_assets.errors import StoreError
from ml_assets.storage.object_store import local_path, open_store, store_errors
from ml_assets.storage.putting import put_once

PROBE = "created-once.json"
_BODY = b'{"about": "This file tells whether the store refuses to create what is there. Keep it."}\n'
_REMEDY = "Keep ML_ASSETS_RELEASES on a disk, or in a store that refuses a conditional put of what is there, as S3 does."

_NOT_THERE = "<Code>NotImplemented</Code>"


def refuse_overwriting_store(root: str, folder: str, access: S3Access) -> None:
    """StoreError where the store under `root` replaces an object that was to be created; a disk never does.

    A key of its own is created in `folder` until that is refused; it stays. Asked once for each folder and process.
    """
    if local_path(root) is None:
        _refuse(root, f"{folder}/{PROBE}", access)


@functools.lru_cache(maxsize=64)  # what raises is asked again
def _refuse(root: str, path: str, access: S3Access) -> None:
    from obstore.exceptions import AlreadyExistsError, BaseError

    uri = f"{root.rstrip('/')}/{path}"
    with store_errors(uri):
        store = open_store(root, create=True, access=access)
        try:
            for _ in range(2):
                put_once(store, path, _BODY)
        except AlreadyExistsError:
            return
        except BaseError as error:
            if _NOT_THERE not in str(error):
                raise
    raise StoreError(
        f"{uri}: this store cannot be told to create it only once (it ignores If-None-Match), so that of two acts "
        f"at once one would be lost. Nothing was changed. {_REMEDY}"
    )

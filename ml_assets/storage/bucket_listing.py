"""All keys of a bucket as obstore lists them, once it is known that they are all.

obstore lists fast, a thousand keys a request. It takes a well-written HTML page for the end of a listing, and it follows a
token that came before for ever; so repeated keys end it, and one more request asks whether anything follows the last key.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ml_assets.storage.answers import strange
from ml_assets.storage.bucket_pages import in_time, key_after, seconds_of

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import S3Store

CHUNK = 100  # keys that are taken from obstore at once
REPEATED = 10  # keys that may come twice: of `a/`, which stands for a folder, obstore tells `a`
ROUNDS = 20  # times that a listing which was cut short is gone on with
WHOLE = timedelta(seconds=120)  # for a page of a thousand keys, less than 1 MB, or a part that is uploaded


def all_keys(store: "S3Store", folder: str) -> list[Any]:
    """What is known of each object below `folder`. Raises what obstore raises, and StoreAnswerError for no listing."""
    found: dict[str, Any] = {}
    for _ in range(ROUNDS):
        known = len(found)
        _go_on(store, folder, found)
        following = _following(store, folder, max(found, default=""))
        if not following or following.rstrip("/") in found:
            return list(found.values())
        if len(found) == known:
            break
    raise strange(store, folder, "its listing ends before its end")


def _go_on(store: "S3Store", folder: str, found: dict[str, Any]) -> None:
    """Add what is listed after the last key that was found."""
    repeated = 0
    for chunk in hasty(store).list(folder or None, offset=max(found, default=None), chunk_size=CHUNK):
        for meta in chunk:
            repeated += meta["path"] in found
            found[meta["path"]] = meta
        if repeated > REPEATED:
            raise strange(store, folder, "its listing leads back to a page that came before")


def _following(store: "S3Store", folder: str, last: str) -> str:
    """The key after the last one; nothing where boto3 cannot be had, and obstore is taken at its word."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return in_time(lambda: key_after(store, folder, last), store)
    except (BotoCoreError, ClientError):
        return ""


def hasty(store: "S3Store") -> "S3Store":
    """The same store with a limit for each request but a download, whose own limit is far too long for others.

    It is twice the time that one silence may last, and WHOLE at least.
    """
    kept = vars(store).get("_hasty")
    if kept is None:
        from obstore.store import S3Store

        config: Any = {f"aws_{name}": value for name, value in store.config.items()}  # the names it takes
        options = store.client_options or {}
        limit = max(WHOLE, 2 * timedelta(seconds=seconds_of(options.get("read_timeout"), default=60)))
        kept = vars(store)["_hasty"] = S3Store(
            prefix=store.prefix,
            config=config,
            client_options={**options, "timeout": limit},
            retry_config=store.retry_config,
            credential_provider=store.credential_provider,
        )
    return cast("S3Store", kept)

"""Buckets, opened with the endpoint, region and credentials that dagster-aws's `S3Resource` would use.

boto3 finds them (variables, profiles, SSO, roles of instances and containers), obstore moves the bytes.
"""

import functools
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ml_assets.core.s3_access import S3Access
from ml_assets.core.secrets import holds_credential
from ml_assets.errors import SettingsError, StoreError

if TYPE_CHECKING:  # loading them costs more than all of the package
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import S3Store

SCHEME = "s3://"

_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
_ENDPOINT: Final = "aws_endpoint_url_s3"  # the only key that no variable of AWS overrules
_CREDENTIALS_LIVE = timedelta(minutes=9)  # boto3 renews those that expire at least ten minutes before they do
_WHOLE_REQUEST = timedelta(hours=1)  # obstore's own limit of 30 seconds would end any large download
_RETRY_FOR = timedelta(minutes=3)  # a request is not signed anew, and S3 takes a signature for some minutes

_NO_CREDENTIALS = (
    "There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a "
    "profile in ML_ASSETS_S3__PROFILE, or run where a role gives them."
)

_IN_THE_ENDPOINT = (
    "The endpoint of S3 holds a credential. Correct AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the endpoint_url of the "
    "profile, and give credentials by AWS_* or a profile."
)


@dataclass(frozen=True, kw_only=True)
class S3Session:
    """What boto3 found: where S3 is, and who asks. `provider` is None where requests are not signed."""

    endpoint: str
    region: str
    provider: "Boto3CredentialProvider | None"


def is_bucket(uri: str) -> bool:
    """Whether `uri` names a place in S3."""
    return uri.lower().startswith(SCHEME)


def open_bucket(root: str, access: S3Access) -> "S3Store":
    """The store behind `s3://BUCKET` or `s3://BUCKET/PREFIX`; one client per place, access and process.

    Nothing is sent yet. Raises SettingsError where no bucket is named, StoreError where nobody is to ask.
    """
    return _bucket(root, access, _aws_variables())


def find_session(access: S3Access) -> S3Session:
    """The endpoint, region and credentials that `access` and the variables of AWS stand for.

    Raises StoreError where there are no credentials, or they cannot be had.
    """
    return _session(access, _aws_variables())


@functools.lru_cache(maxsize=64)
def _bucket(root: str, access: S3Access, variables: tuple[tuple[str, str], ...]) -> "S3Store":
    from obstore.store import S3Store

    name, _, prefix = root[len(SCHEME) :].partition("/")
    if not name:
        raise SettingsError(f"root: names no bucket. Allowed: {SCHEME}BUCKET or {SCHEME}BUCKET/PREFIX.")
    session = _session(access, variables)
    return S3Store(
        name,
        prefix=unquote(prefix.strip("/")) or None,
        config={
            _ENDPOINT: session.endpoint,
            "region": session.region,
            "virtual_hosted_style_request": False,
            "skip_signature": session.provider is None,
        },
        client_options={
            "allow_http": _is_plain(session),
            "connect_timeout": timedelta(seconds=access.connect_timeout),
            "read_timeout": timedelta(seconds=access.read_timeout),
            "timeout": _WHOLE_REQUEST,
        },
        retry_config={"max_retries": access.max_attempts - 1, "retry_timeout": _RETRY_FOR},
        credential_provider=session.provider,
    )


@functools.lru_cache(maxsize=16)
def _session(access: S3Access, variables: tuple[tuple[str, str], ...]) -> S3Session:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
    from obstore.auth.boto3 import Boto3CredentialProvider

    known = dict(variables)
    unsigned = known.get("AWS_SKIP_SIGNATURE", "").lower() in {"1", "true"}
    try:
        session = boto3.Session(profile_name=access.profile or None)
        client = session.client(
            "s3",
            region_name=access.region or known.get("AWS_REGION"),
            endpoint_url=access.endpoint_url or None,
        )
        nobody = not unsigned and session.get_credentials() is None
        signed = not unsigned and not nobody
        provider = Boto3CredentialProvider(session, ttl=_CREDENTIALS_LIVE) if signed else None
        if provider:
            provider()
    except (BotoCoreError, ClientError, ValueError, OSError) as error:
        raise StoreError(_no_session(access, error)) from None
    if nobody:
        raise StoreError(_NO_CREDENTIALS)
    if holds_credential(client.meta.endpoint_url):
        raise StoreError(_IN_THE_ENDPOINT)
    return S3Session(endpoint=client.meta.endpoint_url, region=client.meta.region_name, provider=provider)


def _no_session(access: S3Access, error: Exception) -> str:
    """Why boto3 finds no way to S3; its own words may hold what stands in a file of credentials."""
    response = getattr(error, "response", {})  # of a service that gives credentials, such as STS
    kind = response.get("Error", {}).get("Code") or type(error).__name__
    if kind == "ProfileNotFound":
        named = "ML_ASSETS_S3__PROFILE, or that of the environment," if access.profile else "AWS_PROFILE"
        return f"There is no such AWS profile ({kind}). Correct {named}, or add the profile to ~/.aws/config."
    if response or isinstance(error, OSError) or any(word in kind for word in ("SSO", "Token", "Credential")):
        return f"The AWS credentials cannot be had ({kind}). Check ~/.aws/config and the variables AWS_*, or renew them, for example by `aws sso login`."
    return f"S3 cannot be used ({kind}). Check the s3 settings, the variables AWS_* and ~/.aws/config."


def _is_plain(session: S3Session) -> bool:
    return session.endpoint.startswith("http://")


def _aws_variables() -> tuple[tuple[str, str], ...]:
    """The variables of AWS, and when its files were changed: what they decide is part of what a client is known by."""
    variables = [item for item in os.environ.items() if item[0].startswith("AWS_")]
    changed = [(name, _changed(os.environ.get(name, usual))) for name, usual in _FILES.items()]
    return tuple(sorted(variables + changed))


def _changed(file: str) -> str:
    try:
        return str(Path(file).expanduser().stat().st_mtime_ns)
    except (OSError, RuntimeError):  # there is none, or no home that it could be in
        return ""

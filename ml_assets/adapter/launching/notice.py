"""Where notices go: a webhook whose URL is a secret, and so is only ever given by reference."""

import http.client
import json
import os
import time
import urllib.error
from typing import Any

import dagster as dg
from pydantic import Field

from ml_assets.adapter.launching.posting import post
from ml_assets.errors import OutOfTimeError
from ml_assets.storage.deadline import within

URL_VARIABLE = "ML_ASSETS_WEBHOOK_URL"
SECRET_VARIABLE = "ML_ASSETS_WEBHOOK_SECRET"  # noqa: S105  # the name of a variable
REGION_VARIABLE = "AWS_REGION"
TRIES = 3
SECONDS = 8.0  # for all that one notice waits for: Dagster gives a tick a minute, and up to five runs
PAUSE = 0.5
MARGIN = 0.3  # seconds in which a try that is given up can be told
TOO_MANY, SERVER_ERRORS = 429, 500


class NoticeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A Slack-compatible webhook: it takes JSON, `{"text": ...}`."""

    webhook_url: str = Field(default="", description=f"The address, by reference to {URL_VARIABLE}")
    webhook_secret: str = Field(
        default="", description="Name or ARN of the AWS Secrets Manager secret that holds the address"
    )
    region: str = Field(default="", description="AWS region of that secret; by default, the session's own")

    def is_set(self) -> bool:
        """Whether there is anywhere to send notices to."""
        return bool(self.webhook_url or self.webhook_secret)

    def send(self, text: str, *, seconds: float = SECONDS) -> str | None:
        """Post a text; why it could not be delivered, in words that do not hold the address, or None."""
        try:
            return within(seconds, lambda: self._send(text, seconds=seconds), what="the webhook")
        except OutOfTimeError as error:
            return f"it takes too long ({error})"

    def _send(self, text: str, *, seconds: float) -> str | None:
        end = time.monotonic() + seconds
        url, trouble = (self.webhook_url, None) if self.webhook_url else self._from_aws()
        if trouble:
            return trouble
        if not url.startswith(("http://", "https://")):
            return "its address is no http:// or https:// address"
        for attempt in range(1, TRIES + 1):
            trouble, again = _post(url, text, seconds=max(MARGIN, end - time.monotonic() - MARGIN))
            pause = PAUSE * attempt
            if trouble is None or not again or time.monotonic() + pause >= end:
                return trouble
            if attempt < TRIES:
                time.sleep(pause)
        return f"{trouble} ({TRIES} times)"

    def _from_aws(self) -> tuple[str, str | None]:
        """The address as AWS Secrets Manager holds it, or why it could not be had.

        boto3 takes longer to load than all of the definitions, so it is loaded here.
        """
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        patience = Config(
            connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"}
        )
        try:
            manager = boto3.session.Session().client(
                "secretsmanager", region_name=self.region or None, config=patience
            )
            secret = manager.get_secret_value(SecretId=self.webhook_secret)
        except (BotoCoreError, ClientError) as error:
            return "", f"AWS Secrets Manager does not give its address ({_kind(error)})"
        return str(secret.get("SecretString", "")), None


def notice_resource() -> NoticeResource:
    """The resource as the environment's variables describe it; which are set is all that is looked at here."""
    if os.environ.get(URL_VARIABLE):
        return NoticeResource(webhook_url=dg.EnvVar(URL_VARIABLE))
    if os.environ.get(SECRET_VARIABLE):
        region = dg.EnvVar(REGION_VARIABLE) if os.environ.get(REGION_VARIABLE) else ""
        return NoticeResource(webhook_secret=dg.EnvVar(SECRET_VARIABLE), region=region)
    return NoticeResource()


def _post(url: str, text: str, *, seconds: float) -> tuple[str | None, bool]:
    """What went wrong with one try, or None; and whether another try may help."""
    try:
        post(url, json.dumps({"text": text}).encode(), seconds=seconds)
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answers with HTTP {error.code}", error.code == TOO_MANY or error.code >= SERVER_ERRORS
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return f"it cannot be reached ({type(reason).__name__})", isinstance(error, OSError)
    return None, False


def _kind(error: Any) -> str:
    """What kind of error it is; its own text may name the account or the secret."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__)

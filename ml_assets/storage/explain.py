"""What a disk or an object store says when it cannot, in plain words: the cause and the next step.

Of what S3 says only the error's code is repeated: the rest of its answer may hold keys and what was signed.
"""

import errno
import re

from ml_assets.errors import MlAssetsError
from ml_assets.storage.probe import REDIRECTS, what_stands_there

DISK = {
    errno.ENOSPC: "the disk is full. Free some space, then run it again",
    errno.EDQUOT: "the disk quota is used up. Free some space, then run it again",
    errno.EACCES: "permission denied. Grant this user read and write access, or choose another root",
    errno.EPERM: "permission denied. Grant this user read and write access, or choose another root",
    errno.EROFS: "the file system is read-only. Choose another root",
    errno.ENOTDIR: "a file stands where a folder is needed. Move it away, or choose another root",
    errno.EEXIST: "a file stands where a folder is needed. Move it away, or choose another root",
    errno.EISDIR: "a folder stands where a file is needed. Move it away",
    errno.ENAMETOOLONG: "the name is too long for this disk. Choose a root with a shorter path",
}

_DENIED = "access is denied. Grant these credentials s3:ListBucket, s3:GetObject and s3:PutObject there, or use others"
_WRONG = "the credentials are not valid. Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile"
_EXPIRED = "the credentials have expired. Renew them, for example by `aws sso login`, then run it again"
_NO_MORE = (
    "the credentials could not be renewed. Renew them, for example by `aws sso login`, then run it again"
)
_ELSEWHERE = "the bucket is in another region. Set ML_ASSETS_S3__REGION or AWS_REGION to the bucket's"
_THROTTLED = (
    "the store asks for fewer requests, again and again. Run it again later, use fewer ML_ASSETS_WORKERS, or "
    "raise ML_ASSETS_S3__MAX_ATTEMPTS"
)
_FAILED = "the store failed, again and again. Run it again later, or raise ML_ASSETS_S3__MAX_ATTEMPTS"
_UNREACHABLE = (
    "the store cannot be reached. Check ML_ASSETS_S3__ENDPOINT_URL or AWS_ENDPOINT_URL, and the network"
)
_BROKEN = "the connection breaks off, again and again. Check the network, then run it again"
_SLOW = (
    "the store does not answer in time. Run it again later, or raise ML_ASSETS_S3__CONNECT_TIMEOUT and "
    "ML_ASSETS_S3__READ_TIMEOUT"
)

S3 = {
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "NoSuchBucket": "there is no such bucket. Create it, or correct its name or the endpoint",
    "InvalidBucketName": "this cannot be the name of a bucket. Correct it",
    "InvalidAccessKeyId": _WRONG,
    "SignatureDoesNotMatch": _WRONG,
    "InvalidToken": _WRONG,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestTimeTooSkewed": "the clock of this machine is wrong. Set it, for example by NTP, then run it again",
    "PermanentRedirect": _ELSEWHERE,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "SlowDown": _THROTTLED,
    "ServiceUnavailable": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "TooManyRequests": _THROTTLED,
    "InternalError": _FAILED,
    "RequestTimeout": _SLOW,
}
_STATUS = {
    "401": _WRONG,
    "403": _DENIED,
    "429": _THROTTLED,
    "503": _THROTTLED,
    "500": _FAILED,
    "502": _FAILED,
    "504": _FAILED,
}
_STRANGE = (
    "the store does not answer as a store does. Check ML_ASSETS_S3__ENDPOINT_URL, and what is on the way: a proxy, a "
    "login"
)
_REDIRECTS = (
    "the store redirects elsewhere, where credentials are not sent. Set ML_ASSETS_S3__ENDPOINT_URL to the address of "
    "the store itself, and check what is on the way: a proxy, a login"
)
_NO_ANSWER_OF_S3 = ("invalid list response", "Unable to extract metadata from headers")
_CODE = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_REDIRECTING = tuple(str(status) for status in REDIRECTS)
_ANSWERED = re.compile(r"status code: (\d{3})")
_REDIRECTED = "redirect without LOCATION"  # all that obstore tells of this answer
_PROVIDER = re.compile(r"External AWS credential provider: (?:[\w.]*\.)?(\w+)")
_SENT = re.compile(r"Error performing [A-Z]+ ((https?://[^/@\s]+)/[^?\s]*)")
_UNREADABLE_NAME = re.compile(r'invalid path: .*?Path "([^"]+)"')
_TIMED_OUT = re.compile(r"kind: Timeout\b")


def explain(error: Exception) -> str:
    """The cause and the next step, without a full stop."""
    if isinstance(error, MlAssetsError):
        return str(error).rstrip(".")
    text = f"{error}"
    return _of_a_name(text) or _of_s3(text) or _of_disk(error, text)


def is_missing_bucket(error: Exception) -> bool:
    """Whether not only the object is missing, but its whole bucket: then nothing can be written either."""
    return "<Code>NoSuchBucket</Code>" in str(error)


def _of_a_name(text: str) -> str:
    """Which name in a listing obstore cannot take; one such object hides all others."""
    name = _UNREADABLE_NAME.search(text)
    return f"the name of an object there has an empty or dotted part: {name[1]}. Move it away" if name else ""


def _of_s3(text: str) -> str:
    """What S3 answered, or that it did not; nothing where the error is not from S3."""
    code, status = _CODE.search(text), _ANSWERED.search(text)
    if provider := _PROVIDER.search(text):
        return f"{_NO_MORE} ({provider[1]})"
    if _REDIRECTED in text:
        return f"{_ELSEWHERE} (PermanentRedirect)"
    if status:
        return _of_status(status[1], code[1] if code else "", text)
    if code and code[1] in S3:
        return f"{S3[code[1]]} ({code[1]})"
    return _of_no_answer(text)


def _of_no_answer(text: str) -> str:
    """What kept an answer of S3 from coming, or that what came is none."""
    if any(words in text for words in _NO_ANSWER_OF_S3):
        return _STRANGE
    sent = _SENT.search(text)
    if not sent and not text.startswith("Generic S3 error"):
        return ""
    endpoint = sent[2] if sent else ""
    if _TIMED_OUT.search(text) or "kind: Interrupted" in text:
        return _with(_SLOW if _TIMED_OUT.search(text) else _BROKEN, endpoint)
    leads = _heads(sent)
    return _with(_REDIRECTS, leads) if "redirect" in leads else _with(_UNREACHABLE, endpoint)


def _of_status(status: str, code: str, text: str) -> str:
    """What a status stands for; of a redirect, and where the store asks for fewer requests, with what its head says."""
    name, sent = code or f"HTTP {status}", _SENT.search(text)
    if code in S3:
        return _with(S3[code], name, _heads(sent) if S3[code] is _THROTTLED else "")
    if status in _REDIRECTING:
        return _with(_REDIRECTS, name, _heads(sent))
    known = _STATUS.get(status, "the store refused. Check the root, the endpoint and the region")
    return _with(known, name, _heads(sent) if known is _THROTTLED else "")


def _heads(sent: re.Match[str] | None) -> str:
    return what_stands_there(sent[1]) if sent else ""


def _with(reason: str, *details: str) -> str:
    told = "; ".join(detail for detail in details if detail)
    return f"{reason} ({told})" if told else reason


def _of_disk(error: Exception, text: str) -> str:
    """Only the first line of what a disk says is used."""
    said = text.partition("\n")[0].rstrip(". ")
    code = getattr(error, "errno", None) or _errno_in(text)
    if type(error).__name__ in {"PermissionDeniedError", "UnauthenticatedError"}:
        code = errno.EACCES
    return f"{DISK[code]} ({said})" if code in DISK else f"{said}. Check that the root can be reached"


def _errno_in(text: str) -> int | None:
    """The operating system's error number that obstore writes as `(os error 28)`."""
    match = re.search(r"\(os error (\d+)\)", text)
    return int(match[1]) if match else None

"""Does a folder, a URI or an address hold a credential? It is then no place that may be set, shown or logged.

User information is refused whole: a name before `@` is half a credential, and a token stands there alone as well. What
looks like it in an `abfss://` URI is the name of a container.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

_LONGEST = 20_000  # characters looked at: no place is as long
_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,20}):(?=(?P<slashes>[/\\]*)(?P<authority>[^/?\#\s]{0,4000}))"
)
_BARE = re.compile(r"([/\\]{2}[^/\\?\#\s:@]*|[^/\\?\#\s:@]+):[^/\\?\#\s@]*@")
_FIELD = re.compile(r"[?&;\#](?P<name>[^?&;\#=\s]{1,100})=[^&;\#\s]")
_AT = re.compile(r"[@\uff20\ufe6b]|%(25){0,3}40")
_UNTIDY = re.compile(r"[\t\r\n]")  # what browsers and libraries leave out of a URI

LOCAL = frozenset({"file", "memory", "sqlite"})  # with three slashes, a path
LENIENT = frozenset({"http", "https", "ws", "wss", "ftp"})  # with any number of slashes, an address
CONTAINERS = frozenset({"abfs", "abfss", "wasb", "wasbs"})
_SHORT = frozenset(
    (
        *(
            "sas",
            "tok",
            "otp",
            "jwt",
            "pat",
            "pass",
            "pw",
            "p",
            "auth",
            "authorization",
            "code",
            "bearer",
            "session",
            "sessionid",
        ),
        *("sid", "ticket", "hmac", "sign", "user", "username", "u", "uid", "login"),
    )
)
_PARTS = (
    "token", "secret", "passw", "pwd", "passphrase", "signature", "credential", "apikey", "accesskey", "accountkey",
    "secretkey", "privatekey", "sharedkey", "subscriptionkey", "accessid",
)  # fmt: skip


def place_holds_credential(uri: str) -> bool:
    """Whether a place names a user, a password, a token or a signature in its authority, its query or its fragment."""
    text = _UNTIDY.sub("", uri[:_LONGEST].strip())
    if _BARE.match(text) is not None or any(_users(text)) or has_secret_field(text):
        return True
    names = (_plain(match["name"]) for match in _FIELD.finditer(text))
    return _URI.search(text) is not None and any(name in _SHORT or name.endswith("key") for name in names)


def has_secret_field(text: str) -> bool:
    """Whether a query or a fragment within the text gives a value to what is unmistakably named as a credential."""
    names = (_plain(match["name"]) for match in _FIELD.finditer(text[:_LONGEST]))
    return any(name == "sig" or any(part in name for part in _PARTS) for name in names)


def names_user(text: str) -> bool:
    """Whether an address within the text has a user before its host: of http any, of others one with a password."""
    return any(scheme in LENIENT or ":" in user for scheme, user in _users(text[:_LONGEST]))


def _users(text: str) -> Iterator[tuple[str, str]]:
    """The scheme and the user information of each URI in the text that has any."""
    for match in _URI.finditer(text):
        scheme, slashes = match["scheme"].lower(), len(match["slashes"])
        if slashes != 2 if scheme in LOCAL else not slashes and scheme not in LENIENT:  # noqa: PLR2004
            continue
        user = _AT.split(match["authority"])[0]
        if user != match["authority"] and not (scheme in CONTAINERS and ":" not in user):
            yield scheme, user


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", unquote(unquote(name)).lower())

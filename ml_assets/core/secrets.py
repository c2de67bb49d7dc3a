"""Does a text look like a credential? Then it has no place among parameters, and is never repeated."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ml_assets.core.places import has_secret_field, names_user, place_holds_credential

_LOOKS_LIKE = re.compile(
    r"""(
      \b(AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}      # AWS access keys
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY                # PEM
    | \b(gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}    # GitHub
    | \bglpat-[A-Za-z0-9_-]{16,}                     # GitLab
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}               # Slack
    | \bsk[-_][A-Za-z0-9_-]{16,}                     # API keys
    | \bAIza[A-Za-z0-9_-]{30,}                       # Google
    | \beyJ[A-Za-z0-9_-]{8,400}\.[A-Za-z0-9_-]{8}     # JSON web tokens
    | (?i:\b(password|passwd|pwd|secret|token|api[_-]?key)\s*[=:]\s*\S+)
    )""",
    re.VERBOSE,
)
LONGEST = 300  # characters of a foreign error's text in ours
_RANDOM = re.compile(r"^[A-Za-z0-9/+=_-]{32,}$")


def looks_like_credential(text: str) -> bool:
    """Whether `text` has the form of a key, a token, a private key or an address with a password in it."""
    return (
        bool(_LOOKS_LIKE.search(text))
        or names_user(text)
        or has_secret_field(text)
        or _looks_random(text.strip())
    )


def holds_credential(uri: str) -> bool:
    """Whether a place is given with a user, a password, a key or a token in it; a long path is none, however it looks."""
    return bool(_LOOKS_LIKE.search(uri)) or place_holds_credential(uri)


def _looks_random(text: str) -> bool:
    """Long, without spaces, and a mix of digits, small and capital letters."""
    kinds = (str.isdigit, str.islower, str.isupper)
    return bool(_RANDOM.match(text)) and all(any(kind(char) for char in text) for kind in kinds)


def told(error: BaseException) -> str:
    """`ValueError: its text`, of an error that is not one of ours: at most 300 characters, and none where one looks secret."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text[:LONGEST]}" if text and not looks_like_credential(text) else name


def credentials(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of fields whose key or value looks like a credential; such a key is itself not repeated."""
    for key, value in values.items():
        name = "(a field name)" if looks_like_credential(str(key)) else f"{prefix}{key}"
        items = value if isinstance(value, list | tuple) else [value]
        if name == "(a field name)":
            yield name
        elif isinstance(value, Mapping):
            yield from credentials(value, prefix=f"{name}.")
        elif any(isinstance(item, str) and looks_like_credential(item) for item in items):
            yield name

"""The name of a parameter set and its day: a hash that any language can compute."""

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

import rfc8785

from ml_assets.core.parameters import Parameters, identity

SCHEME = 1
LENGTH = 12


def run_id(parameters: Parameters, as_of: dt.date, *, of: type[Parameters] | None = None) -> str:
    """The run_id of the parameters, or of the slice `of` of them, at `as_of`: 12 hex digits."""
    return hash_identity(identity(parameters, of=of or type(parameters)), as_of)


def hash_identity(values: Mapping[str, Any], as_of: dt.date) -> str:
    """First 12 hex digits of SHA-256 over the RFC 8785 JSON of scheme, as_of and values.

    Strings are brought to Unicode form NFC first. NaN and infinities raise ValueError.
    """
    document = {"scheme": SCHEME, "as_of": as_of.isoformat(), "parameters": normalise(dict(values))}
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()[:LENGTH]


def same_identity(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two identities are the same values: where they are not, an equal hash is an accident."""
    return canonical(one) == canonical(other)


def canonical(values: Mapping[str, Any]) -> bytes:
    """The RFC 8785 JSON of an identity, strings in Unicode form NFC: equal for equal values only."""
    return rfc8785.dumps(normalise(dict(values)))


def value_text(value: Any) -> str:
    """The text of one value of an identity: a text itself, anything else as the canonical JSON has it."""
    return str(normalise(value)) if isinstance(value, str) else rfc8785.dumps(normalise(value)).decode()


def normalise(value: Any) -> Any:
    """Bring every string inside a JSON value, keys included, to Unicode form NFC."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {unicodedata.normalize("NFC", key): normalise(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [normalise(item) for item in value]
    return value

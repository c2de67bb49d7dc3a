"""Arrays of NumPy as safetensors: names in order, each array in the order of its own numbers."""

from typing import TYPE_CHECKING, Any

from ml_assets.core.foreign_text import is_text
from ml_assets.errors import CorruptArtifactError, UnstorableError
from ml_assets.storage.json_values import named

if TYPE_CHECKING:
    import numpy as np

ALONE = ""  # the name of an array that is stored without others
KINDS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NUMBERS = (*KINDS, "float16", "float32", "float64", "complex64")


def dumps(value: Any) -> bytes:
    """An array, or arrays by name. Raises UnstorableError, with the place, for what is none."""
    from safetensors import numpy as safetensors

    given = value if isinstance(value, dict) else {ALONE: value}
    for name in given:
        _refuse_name(name, alone=given is not value)
    places = {name: named(name) if given is value else "" for name in given}
    return safetensors.save({name: stored_array(given[name], places[name]) for name in sorted(given)})


def loads(data: bytes) -> Any:
    """The array, or the arrays by name. Raises CorruptArtifactError."""
    from safetensors import SafetensorError
    from safetensors import numpy as safetensors

    try:
        arrays = safetensors.load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise CorruptArtifactError("These bytes are not arrays of safetensors.") from error
    for array in arrays.values():
        array.flags.writeable = False  # one asset that writes into it would change what the next one gets
    return arrays[ALONE] if list(arrays) == [ALONE] else {name: arrays[name] for name in sorted(arrays)}


def stored_array(array: Any, place: str = "") -> "np.ndarray[Any, Any]":
    """The array as it is stored: contiguous, its numbers in the order of this machine's bytes.

    `safetensors` ignores strides: of `.T` and `[::2]` it would write other numbers.
    """
    import numpy as np

    if type(array) not in (np.ndarray, np.memmap):
        raise UnstorableError(f"not an array of NumPy but {type(array).__name__}", place)
    native = array.dtype.newbyteorder("=")
    if native.name not in NUMBERS:
        raise UnstorableError(f"an array of {native.name}. Arrays are stored of {', '.join(NUMBERS)}", place)
    return np.array(array, dtype=native, order="C", copy=None, subok=False)


def _refuse_name(name: Any, *, alone: bool) -> None:
    if not isinstance(name, str) or not is_text(name):
        raise UnstorableError("a name of an array is no text")
    if name == "__metadata__" or (name == ALONE and not alone):
        raise UnstorableError(f'an array cannot have the name "{name}"')

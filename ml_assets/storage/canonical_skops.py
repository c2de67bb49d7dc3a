"""Models as skops files whose bytes depend on the fitted model only, loaded with trusted types only.

skops names entries by memory address and dates them now. Here the same file is written again with
addresses replaced by the order of first appearance, members named the same way, and a fixed date.
The gaps between the fields of an array's records are zero: in memory they hold what was there before. Of boosting it is
not kept how many threads fitted it.
Any skops can read the result.
"""

import ast
import functools
import io
import json
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.value_types import registered_types
from ml_assets.errors import CorruptArtifactError, UnstorableError, UntrustedTypesError

# Beyond what every skops trusts (scikit-learn's estimators, NumPy arrays, plain Python values): what its estimators are
# made of. Trees and neighbours are lists of places that are followed unchecked, so a file of theirs is as good as its
# SHA-256 in the manifest, which is checked before.
TRUSTED_TYPES: tuple[str, ...] = (
    "functools.partial",
    "numpy.dtype",
    "scipy.interpolate._bsplines.BSpline",
    "scipy.sparse._csr.csr_matrix",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.metrics._classification.balanced_accuracy_score",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklearn.utils.validation.check_array",
)
MAX_BYTES = 2**30

_BINS = ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper")
_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Immutable values: whether two equal ones are one object is an accident of the process, so it is not kept.
_VALUE_LOADERS = frozenset(
    {"BytesNode", "DTypeNode", "FunctionNode", "JsonNode", "SliceNode", "TupleNode", "TypeNode"}
)


def dumps(estimator: Any) -> bytes:
    """The estimator as a skops file; equal fitted estimators give equal bytes in any process, on any day.

    Of a mapping of estimators by name the order does not count. Raises UnstorableError for what skops cannot store.
    """
    by_name = isinstance(estimator, dict) and all(isinstance(name, str) for name in estimator)
    given = {name: estimator[name] for name in sorted(estimator)} if by_name else estimator
    try:
        return canonical(*_dumped(given))
    except TypeError as error:  # skops' own for what it does not know is one too
        raise UnstorableError(f"skops cannot store it ({visible(str(error))})") from error


def canonical(schema: dict[str, Any], members: dict[str, bytes]) -> bytes:
    """The file of a schema and its members: they are renumbered, and nothing tells of the process."""
    walk = _Canonical(members)
    document = json.dumps(walk.value(schema), separators=(",", ":"), ensure_ascii=True).encode("ascii")
    files = {name: content for (_, content), name in walk.files.items()}
    return _zip({_SCHEMA: document, **files})


def _dumped(estimator: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What `skops.io.dumps` writes, by the functions it is made of.

    It indents its schema, and that alone takes longer than all the rest, and its zip would be read again at once. A test
    holds that both give the same.
    """
    import skops
    from skops import io as _registers_the_types  # noqa: F401
    from skops.io._utils import SaveContext, get_state

    written = _Written()
    context = SaveContext(zip_file=written)
    state = get_state(estimator, context)
    context.clear_memo()
    state |= {"protocol": context.protocol, "_skops_version": skops.__version__}
    schema: dict[str, Any] = json.loads(json.dumps(state))  # tuples are lists in it
    return schema, written.members


class _Written:
    """What skops uses of an archive that it writes: the members by name."""

    def __init__(self) -> None:
        self.members: dict[str, bytes] = {}

    def namelist(self) -> Collection[str]:
        return self.members.keys()

    def writestr(self, name: str, data: bytes | memoryview | str) -> None:
        self.members[name] = data.encode() if isinstance(data, str) else bytes(data)


def loads(data: bytes) -> Any:
    """The estimator in `data`. Raises CorruptArtifactError where it is not a file of trusted types.

    Nothing in a refused file is imported, built or called.
    """
    try:
        _check_archive(data)
        return _load_trusted(data)
    except CorruptArtifactError:
        raise
    except Exception as error:  # crafted bytes can make the readers of zip, JSON and arrays raise anything
        raise _refusal(f"it cannot be read as a skops file ({type(error).__name__})") from error


class _Canonical:
    """One walk through a schema, in order, that renumbers what is named after memory addresses.

    Attributes:
        files: the new name of each member by its suffix and content, in order of first appearance.
    """

    def __init__(self, members: dict[str, bytes]) -> None:
        self.files: dict[tuple[str, bytes], str] = {}
        self._members = members
        self._ids: dict[int, int] = {}

    def value(self, value: Any) -> Any:
        """Any part of a schema: nodes are renumbered, lists and mappings of nodes are walked."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("__loader__"), str):
            return self._node(value)
        return {name: self.value(item) for name, item in value.items()}

    def _node(self, node: dict[str, Any]) -> dict[str, Any]:
        """One object. Seen again, it is only referred to: skops resolves it by its id."""
        if (node["__module__"], node["__class__"]) == _BINS:
            node["content"]["content"]["n_threads"]["content"] = "1"
        number: dict[str, int] = {}
        if not _is_plain_value(node):
            seen = node["__id__"] in self._ids
            number = {"__id__": self._ids.setdefault(node["__id__"], len(self._ids) + 1)}
            if seen:
                return {name: node[name] for name in ("__class__", "__module__", "__loader__")} | number
        return {name: self._field(node, name) for name in node if name != "__id__"} | number

    def _field(self, node: dict[str, Any], name: str) -> Any:
        if name == "file":
            return self._member(node["file"])
        if name == "content" and node["__loader__"] == "SetNode":
            return [self.value(item) for item in sorted(node["content"], key=self._sort_key)]
        return self.value(node[name])

    def _member(self, name: str) -> str:
        suffix = PurePosixPath(name).suffix
        content = self._members[name]
        if suffix == ".npz":  # a zip inside the zip, dated now as well
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = _zip({entry: archive.read(entry) for entry in archive.namelist()})
        if suffix == ".npy":
            content = _without_gaps(content)
        return self.files.setdefault((suffix, content), f"{len(self.files) + 1}{suffix}")

    def _sort_key(self, item: Any) -> tuple[str, tuple[tuple[str, bytes], ...]]:
        """Orders the items of a set, whose own order follows the hash seed of the process."""
        alone = _Canonical(self._members)
        return json.dumps(alone.value(item)), tuple(alone.files)


def _is_plain_value(node: dict[str, Any]) -> bool:
    is_scalar = node["__loader__"] == "NdArrayNode" and node["__class__"] != "ndarray"
    return "__id__" not in node or node["__loader__"] in _VALUE_LOADERS or is_scalar


def _without_gaps(content: bytes) -> bytes:
    """An array's file with zeros between the fields of its records, as those of the nodes of a tree."""
    if b"{'descr': [" not in content[:24]:  # no records
        return content
    length = 2 if content[6] == 1 else 4  # bytes of the header's length, by the version of the file
    start = 8 + length + int.from_bytes(content[8 : 8 + length], "little")
    size, gaps = _gaps(content[:start].partition(b"'descr': ")[2].partition(b", 'fortran_order'")[0])
    if not gaps:
        return content
    import numpy as np

    rows = np.frombuffer(content, np.uint8, offset=start).reshape(-1, size).copy()
    rows[:, gaps] = 0
    return content[:start] + bytes(rows.tobytes())


@functools.lru_cache(maxsize=64)
def _gaps(description: bytes) -> tuple[int, list[int]]:
    """The size of the records that the header of an array describes, and which of their bytes no field has."""
    import numpy as np

    dtype = np.lib.format.descr_to_dtype(ast.literal_eval(description.decode()))
    free = set(range(dtype.itemsize))
    for field, start, *_ in (dtype.fields or {}).values():
        free -= set(range(start, start + field.itemsize))
    return dtype.itemsize, sorted(free)


def _zip(members: dict[str, bytes]) -> bytes:
    """A zip of stored members with one date and one set of attributes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _check_archive(data: bytes) -> None:
    """Refuse what is not a zip and what would grow when read. Raises CorruptArtifactError."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise _refusal("it is not a zip archive, or it is cut short")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise _refusal(f"it declares more than {MAX_BYTES:,} bytes of content")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise _refusal("it holds compressed members, which this project never writes")


def _load_trusted(data: bytes) -> Any:
    from skops import io as skops_io
    from skops.io.exceptions import UntrustedTypesFoundException

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = archive.read(_SCHEMA)
    trusted = (*TRUSTED_TYPES, *registered_types("skops"))
    met = [
        name for name in trusted if name.rpartition(".")[2].encode() in schema
    ]  # skops asks each at each node
    try:
        return skops_io.loads(data, trusted=met)
    except UntrustedTypesFoundException as error:
        raise UntrustedTypesError(_types_in(error)) from None


def _types_in(error: Exception) -> list[str]:
    """The names of the types, out of skops' first line `Untrusted types found in the file: [...].`."""
    names = str(error).partition("\n")[0].partition("[")[2].rpartition("]")[0]
    return names.replace("'", "").split(", ")


def _refusal(reason: str) -> CorruptArtifactError:
    return CorruptArtifactError(f"This is not a model that ml_assets wrote: {reason}. Nothing of it was run.")

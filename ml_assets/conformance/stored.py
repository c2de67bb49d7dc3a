"""What the store tells of an artifact: it is listed, shown, explained, verified and made again from what is stored."""

from collections.abc import Iterator
from pathlib import Path

from ml_assets.conformance.case import Case
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.conformance.values import used
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.slices import subjects
from ml_assets.core.where import Filter, parse
from ml_assets.errors import MlAssetsError, StoreError
from ml_assets.pipeline.reproduce import reproduce
from ml_assets.pipeline.why import why
from ml_assets.storage.artifact_store import ArtifactStore, Entry, stored_file
from ml_assets.storage.verifying import verify_all
from ml_assets.text import count


def a_manifest_is_written_last(case: Case) -> str:
    """Every file of an artifact is older than the manifest that makes it visible."""
    seen = 0
    for key, manifest in _artifacts(case):
        folder = Path(case.first_store.uri(key))
        visible = (folder / "manifest.json").stat().st_mtime_ns
        for file in manifest.files:
            expect(
                (folder / file.file).stat().st_mtime_ns <= visible,
                f"{key.asset}: {file.file} was written after manifest.json, so that a reader could see half of it",
            )
            seen += 1
    return f"{count(seen, 'file')} of {count(len(case.manifests), 'artifact')}"


def list_finds_it_by_its_parameters(case: Case) -> str:
    """`list` tells each artifact with its parameters, and a filter on one of them finds it or leaves it out."""
    pipeline, tried = case.pipeline, 0
    for asset, declared in pipeline.assets.items():
        values = used(declared.slice, case.parameters.__dict__)
        (entry,) = _listed(case, asset, "")
        expect(
            entry.parameters == values,
            f"{asset}: it is listed with other parameters than those that decide it",
        )
        for name, value in values.items():
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                expect(_listed(case, asset, f"{name}={value}"), f"{asset}: it is not found by {name}={value}")
                expect(
                    not _listed(case, asset, f"{name}!={value}"), f"{asset}: it is found by {name}!={value}"
                )
                tried += 1
    return f"{count(len(pipeline.assets), 'artifact')}, {tried} filters"


def show_tells_what_it_was_made_of(case: Case) -> str:
    """The manifest alone names parameters, code, packages, rows and the exact bytes of each input."""
    for asset, declared in case.pipeline.assets.items():
        manifest = case.manifests[asset]
        found = case.first_store.find_run(manifest.run_id)
        expect(any(key.asset == asset for key in found), f"{asset}: nothing is found under its run_id")
        told = {item.asset: item.sha256 for item in manifest.artifacts}
        real = {name: case.manifests[name].sha256 for name in declared.inputs}
        expect(
            told == real,
            f"{asset}: its inputs are {_names(real)}, and it tells of {_names(told)} or of other bytes",
        )
        expect(
            manifest.parameters == used(declared.slice, case.parameters.__dict__),
            f"{asset}: it tells other parameters",
        )
        expect(
            manifest.code_version and "python" in manifest.packages,
            f"{asset}: it tells of no code, or of no packages",
        )
        asks = "rows" in declared.takes.values()
        expect(bool(manifest.sources) <= asks, f"{asset}: it tells of rows, and asks for none")
        expect(
            manifest.as_of == case.day and manifest.started_at <= manifest.created_at,
            f"{asset}: its times are wrong",
        )
    return f"{count(len(case.manifests), 'manifest')}"


def why_names_what_was_another(case: Case) -> str:
    """Made with another value, `why` names the parameter; made of other code, it names the code."""
    if not case.computed:
        raise NotAskedError("each asset is recorded")
    asset = case.computed[-1]
    store, name = case.copied_store(), _field_to_change(case, asset)
    if name:
        done = case.make(store, **{name: case.other(name)})
        changed = next(item for item in done.made if item.key.asset == asset)
        told = why(store, changed.key, pipeline=case.pipeline)
        named = [item.name for item in told.differences if item.what == "parameter"]
        expect(
            told.kind == "other parameters" and named == [name],
            f"{asset}: {name} is another, and why tells {told.reason}",
        )
    key = case.pipeline.key(asset, case.parameters, case.day)
    store = case.copied_store()
    case.commit_as(store, asset, code_version="0" * 12)
    case.make(store)
    told = why(store, key, pipeline=case.pipeline)
    expect(
        "code" in {item.what for item in told.differences},
        f"{asset}: the code was other, and why tells {told.reason}",
    )
    return f"{asset}, with another {f'{name} and other' if name else ''} code"


def a_changed_byte_is_never_read(case: Case) -> str:
    """A byte of a value that is not the one that was committed is refused by whoever reads it, and made anew."""
    for key, manifest in _artifacts(case):
        store = case.copied_store()
        _flip(Path(store.uri(key, manifest.main.file)))
        try:
            store.load(key)
        except StoreError:
            pass
        else:
            expect(False, f"{key.asset}: a byte of it was changed, and it was read")
        again = {item.key.asset: item for item in case.make(store).made}
        expect(not again[key.asset].reused, f"{key.asset}: a byte of it was changed, and it was reused")
        expect(store.verify(key).files == manifest.files, f"{key.asset}: it was not made again as it was")
    return f"{count(len(case.manifests), 'artifact')}"


def verify_finds_every_harm(case: Case) -> str:
    """A sound store is sound; each file of it that is changed or gone is told."""
    found = verify_all(case.first_store)
    expect(
        case.made and not found.findings,
        f"of a sound store it tells {[item.told for item in found.findings]}",
    )
    harmed = 0
    for key, manifest in _artifacts(case):
        for name in [*(file.file for file in manifest.files), "manifest.json"]:
            for harm in (_flip, Path.unlink):
                store = case.copied_store()
                harm(Path(store.uri(key, name)))
                paths = {item.path for item in verify_all(store).findings}
                expect(
                    key.path in paths, f"{key.asset}: {name} was harmed, and verify tells of {_names(paths)}"
                )
                harmed += 1
    return f"{count(harmed, 'file')} changed or taken away, one at a time"


def reproduce_gives_every_byte_again(case: Case) -> str:
    """Made again from manifests alone, every byte is the same; an artifact whose bytes are others is told."""
    tried = []
    for key, manifest in _artifacts(case):
        store = case.copied_store()
        again = reproduce([key], workspace=case.workspace(store))
        different = [item.key.asset for item in again if not item.same]
        expect(not different, f"{_names(different)}: it has other bytes when it is made again")
        expect(key.asset in {item.key.asset for item in again}, f"{key.asset}: it was not made again")
        if key.asset not in case.computed:
            continue  # its bytes are taken, not made
        _committed_with_other_bytes(store, key, manifest)
        again = reproduce([key], workspace=case.workspace(store))
        told = {item.key.asset: item.same for item in again}
        expect(
            told[key.asset] is False,
            f"{key.asset}: its bytes are others than are made now, and reproduce calls them the same",
        )
        tried.append(key.asset)
    return f"{_names(case.manifests)}, and other bytes of {_names(tried)}"


def a_filter_refuses_what_it_does_not_know(case: Case) -> str:
    """`--where` names what it does not know, and lists nothing."""
    try:
        parse("no_such_parameter=1", cls=case.pipeline.parameters)
    except MlAssetsError as error:
        expect("no_such_parameter" in str(error), "it does not name the unknown parameter")
        return "no_such_parameter=1"
    raise NotAskedError("every name is known")


def _artifacts(case: Case) -> Iterator[tuple[ArtifactKey, Manifest]]:
    for asset, manifest in case.manifests.items():
        yield case.pipeline.key(asset, case.parameters, case.day), manifest


def _listed(case: Case, asset: str, where: str) -> list[Entry]:
    pipeline = case.pipeline
    conditions = Filter(tuple(parse(where, cls=pipeline.parameters)), pipeline.path)
    found = []
    for entry in case.first_store.entries(asset, conditions, folder=pipeline.folder):
        if isinstance(entry, StoreError):
            raise entry
        found.append(entry)
    return found


def _field_to_change(case: Case, asset: str) -> str:
    """A field that decides the asset and of which a run with another value can be made; "" where there is none."""
    about = subjects(case.pipeline)  # runs about something else are not held against each other
    for name in case.others:
        if name not in about and case.takes(asset, name, case.other(name)):
            try:
                case.make(case.empty_store(), **{name: case.other(name)})
            except MlAssetsError:
                continue
            return name
    return ""


def _committed_with_other_bytes(store: ArtifactStore, key: ArtifactKey, manifest: Manifest) -> None:
    """The artifact as if it had been made with one byte more."""
    main = manifest.main
    data = store.read_file(key, main) + b"\n"
    file = stored_file(main.name, data, main.file.rpartition(".")[2])
    files = {item.file: store.read_file(key, item) for item in manifest.files[1:]} | {file.file: data}
    store.commit(key, manifest.model_copy(update={"files": (file, *manifest.files[1:])}), files)


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def _names(names: object) -> str:
    return ", ".join(map(str, names)) if names else "nothing"  # type: ignore[call-overload]

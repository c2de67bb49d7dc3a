"""Everything that can go wrong, as one family. Each message names the culprit and the next step.

MlAssetsError
├── RefusedError (ValueError)            parameters or settings are not acceptable; nothing was started
│   └── LaunchRefusedError               the same, of a launch (in `resources`: it is one of Dagster's errors too)
├── DefinitionError (TypeError)          a pipeline cannot be what its file says; nothing of it was loaded
├── SettingsError (ValueError)           ml_assets.toml or an ML_ASSETS_ variable cannot be used
├── SourceError (ValueError)             rows cannot be used as they are: file, column and remedy are named
├── TrainingError (RuntimeError)         the rows are fine, but no model can come of them
│   ├── AssetFunctionError               a function of a pipeline raised what is not of this family
│   └── CheckError                       what was made is not as a check, or the declared metrics, want it
├── RemoteError (RuntimeError)           a deployment cannot be reached, or what was launched there failed
├── OutOfTimeError (TimeoutError)        what a tick waited for took too long; a later tick tries again
├── TrackingError (RuntimeError)         the tracking store cannot be reached or used; the artifacts are whole
└── StoreError (OSError)
    ├── ArtifactNotFoundError (FileNotFoundError)
    ├── StoreAnswerError                 what the store answered cannot be what it holds; nothing is known to be damaged
    ├── UnstorableError (ValueError)     a value is none that its format can store; nothing was written
    ├── SharedRunIdError                 two parameter sets have one run_id; neither is used for the other
    └── CorruptArtifactError             bytes on disk are not the bytes that were committed
        └── UntrustedTypesError          a model holds types that nobody registered
"""

from collections.abc import Sequence

MOST_PROBLEMS = 50
LONGEST_PROBLEM = 1_000  # characters of one line
LAUNCHPAD = "The launchpad, with what is not refused:"  # the line before the address that ends a refusal
LONGEST_MESSAGE = 55_000  # characters: all of the longest refusal, and what no other message needs


class MlAssetsError(Exception):
    """The root of the family: catch this to catch all of ours and nothing else. No message is longer than 55,000 characters.

    Attributes:
        launch: the address of a launchpad that is filled in with what failed, where whoever raised it knows one.
    """

    launch = ""

    def __str__(self) -> str:
        text = super().__str__()
        return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"


class RefusedError(MlAssetsError, ValueError):
    """Parameters were refused before anything was started.

    Attributes:
        problems: one line each, `field: what is wrong. Allowed: ...`; never a value that was given. At most 50, each of
            at most 1,000 characters; the last of them says how many more there are.
        launch: the address of a launchpad that is filled in with what was not refused; "" where there is none.
    """

    def __init__(self, problems: Sequence[str], launch: str = "") -> None:
        self.problems, self.launch = capped(problems), launch
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        text = "\n".join([f"Refused: {count}. Nothing was started.", *self.problems])
        longer = f"{text}\n{LAUNCHPAD}\n{launch}"
        super().__init__(longer if launch and len(longer) <= LONGEST_MESSAGE else text)

    def __reduce__(self) -> tuple[type, tuple[Sequence[str], str]]:
        """Survive the way back from a worker process."""
        return type(self), (self.problems, self.launch)


def split_launchpad(text: str) -> tuple[str, str]:
    """What a refusal says, and the address in which it ends; "" for one without."""
    said, found, address = text.partition(f"\n{LAUNCHPAD}\n")
    return (said, address.strip()) if found else (text, "")


def capped(problems: Sequence[str]) -> tuple[str, ...]:
    """The first lines, each cut where it is too long, and how many more there are; the same again of what it returns."""
    shown = problems if len(problems) <= MOST_PROBLEMS else problems[: MOST_PROBLEMS - 1]
    lines = [line if len(line) <= LONGEST_PROBLEM else f"{line[: LONGEST_PROBLEM - 1]}…" for line in shown]
    more = len(problems) - len(shown)
    return (*lines, *([f"and {more} more."] if more else []))


class DefinitionError(MlAssetsError, TypeError):
    """A pipeline, or a function of it, cannot be what was meant: refused when the file that says so is loaded."""


class SettingsError(MlAssetsError, ValueError):
    """Settings cannot be used."""


class SourceError(MlAssetsError, ValueError):
    """Rows of a source cannot be used as they are."""


class TrainingError(MlAssetsError, RuntimeError):
    """No model can be trained from these rows."""


class AssetFunctionError(TrainingError):
    """A function of a pipeline raised an error that is not of this family; the message names the place."""


class CheckError(TrainingError):
    """What was made is not as a blocking check, or the metrics of its pipeline, want it; it was not stored."""


class RemoteError(MlAssetsError, RuntimeError):
    """A deployment could not be reached, or what was launched there did not succeed."""


class OutOfTimeError(MlAssetsError, TimeoutError):
    """What was waited for took too long; it may still come to its end by itself."""


class TrackingError(MlAssetsError, RuntimeError):
    """The tracking store could not be reached or used; no artifact is touched by that."""


class StoreError(MlAssetsError, OSError):
    """The artifact store could not do what was asked."""


class ArtifactNotFoundError(StoreError, FileNotFoundError):
    """No artifact is committed under this key."""


class StoreAnswerError(StoreError):
    """What a store answered cannot be what it holds: it is asked again, and nothing is taken for damaged."""


class UnstorableError(StoreError, ValueError):
    """A value, or a part of it, cannot be stored in its format.

    Attributes:
        problem: what is wrong, without a full stop.
        place: where in the value, such as `.days[3].low`; "" for all of it.
    """

    def __init__(self, problem: str, place: str = "") -> None:
        self.problem, self.place = problem, place
        super().__init__(f"value{place}: {problem}. Nothing was written.")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Survive the way back from a worker process."""
        return type(self), (self.problem, self.place)


class SharedRunIdError(StoreError):
    """What is stored under a run_id is of other parameters with the same hash; it was neither used nor replaced."""


class CorruptArtifactError(StoreError):
    """An artifact's bytes are not those that were committed; it was not loaded."""


class UntrustedTypesError(CorruptArtifactError):
    """A model holds types that are not loaded without being registered; nothing of it was run.

    Attributes:
        types: their qualified names.
    """

    def __init__(self, types: Sequence[str]) -> None:
        self.types = tuple(types)
        super().__init__(
            "This is not a model that ml_assets wrote: it holds types this project does not trust: "
            f"{', '.join(self.types)}. Nothing of it was run."
        )

    def __reduce__(self) -> tuple[type, tuple[Sequence[str]]]:
        """Survive the way back from a worker process."""
        return type(self), (self.types,)

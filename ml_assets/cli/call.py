"""One command line, read as far as its flags go: what every command works with."""

import argparse
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ml_assets.cli.flags import Parser
from ml_assets.core import command
from ml_assets.core.options import DEFAULT, Options
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError

if TYPE_CHECKING:  # loading settings takes longer than refusing what is wrong without them
    from ml_assets.pipeline.launchpads import Launchpads
    from ml_assets.pipeline.named_artifacts import Found
    from ml_assets.pipeline.workspace import Workspace
    from ml_assets.settings import Settings

T = TypeVar("T")


def utc_now() -> dt.datetime:
    """The present moment."""
    return dt.datetime.now(tz=dt.timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command as it was called.

    Attributes:
        pipeline: what it is about.
        args: the options as texts.
        unknown: the words that nothing takes.
        parser: what knows the flags.
        named: whether `--pipeline` was given.
        now: when that was.
    """

    pipeline: Declared
    args: argparse.Namespace
    unknown: Sequence[str]
    parser: Parser
    named: bool = False
    now: dt.datetime = field(default_factory=utc_now)

    @cached_property
    def options(self) -> Options:
        """The options of a run; RefusedError with all that is wrong with them."""
        given = {name: value for name, value in vars(self.args).items() if name in Options.model_fields}
        if problems := self.option_problems(given):
            raise RefusedError(list(problems.values()))
        return Options.model_validate(given)

    def option_problems(self, given: Mapping[str, Any]) -> Mapping[str, str]:
        """What is wrong with options; settings are read only where they decide it, for that takes a while."""
        if given.get("environment", DEFAULT) == DEFAULT:
            return problems_of(given, Options, noun="option")
        return self.settings.option_problems(given)

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force; SettingsError where they cannot be used."""
        from ml_assets.settings import load_settings

        return load_settings()

    @cached_property
    def workspace(self) -> "Workspace":
        """The workspace that the options name; SettingsError where there is none."""
        from ml_assets.pipeline.workspace import open_workspace

        options = self.options
        return open_workspace(
            self.settings,
            pipeline=self.pipeline,
            environment=options.environment,
            reuse=options.reuse,
            again=options.again,
            engine=options.engine,
        )

    def submit(self, how: Callable[..., T], given: Mapping[str, Any], **more: Any) -> T:
        """What a deployment hands back: `how` is a function of `ml_assets.client`, which has the same options and defaults."""
        options = self.options.model_dump(exclude_defaults=True)
        return how(self.args.on, parameters=given, pipeline=self.pipeline, **options, **more)

    def command(self, *words: str, **about: Any) -> str:
        """A command for people to copy, about the same pipeline; `about` is what `core.command.command` takes."""
        return command.command(*words, pipeline=self.pipeline, first=self.settings.first_pipeline, **about)

    def launchpads(self, environment: str) -> "Launchpads":
        """The links into Dagster's launchpad, where `--on` or the settings say, for runs that write to an environment."""
        from ml_assets.pipeline.launchpads import printed_launchpads

        known = environment if environment in self.settings.environments else DEFAULT
        base = getattr(self.args, "on", None) or ""
        return printed_launchpads(self.pipeline, self.settings, environment=known, base=base)

    def find_artifacts(self) -> "tuple[Call, Found]":
        """What `args.what` names, of any pipeline that is known where none is named; and the call, about that pipeline."""
        from ml_assets.pipeline.named_artifacts import find_artifacts

        found = find_artifacts(
            self.args.what,
            pipeline=self.pipeline,
            settings=self.settings,
            environment=self.options.environment,
            others=not self.named,
        )
        return replace(self, pipeline=found.pipeline), found

    def show(self, document: Any, print_it: Callable[[], object]) -> None:
        """Print the document where JSON is asked for, else what is for people."""
        if self.args.json:
            self.print_document(json.dumps(document, indent=2))
        else:
            print_it()

    def print_document(self, text: str) -> None:
        """Print what programs read; what goes wrong later is told beside it."""
        from ml_assets.terminal.output import print_document

        self.args._documented = True  # noqa: SLF001  # the options are shared by all that becomes of this call
        print_document(text)

    @property
    def has_document(self) -> bool:
        """Whether a document was printed already."""
        return getattr(self.args, "_documented", False)

"""What a command of the shell is: its name, its help, its options, and where the function is that carries it out."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml_assets.cli.flags import unknown_flags
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import object_at
from ml_assets.errors import DefinitionError, RefusedError

if TYPE_CHECKING:  # it needs what a command is
    from ml_assets.cli.call import Call


@dataclass(frozen=True)
class Option:
    """One option, or positional argument: its flag or name, a line for people, and what else `argparse` takes."""

    word: str
    help: str
    more: Mapping[str, Any] = field(default_factory=dict)


def option(word: str, metavar: str, help: str, **more: Any) -> Option:  # noqa: A002  # argparse's word
    """One that takes a value; without dashes it is a positional argument."""
    return Option(word, help, {"metavar": metavar, **more})


def switch(word: str, help: str) -> Option:  # noqa: A002
    """One that is given or not."""
    return Option(word, help, {"action": "store_true"})


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        name: one word or two, `env list`.
        help: one line for people.
        handler: where the function is that carries it out, `MODULE:NAME`; it takes a `Call` and gives the exit code.
        options: its options; some depend on the pipeline.
        takes: the parameters that it has a flag for, of the pipeline; by default none.
        takes_pipeline: whether it has to do with a pipeline at all.
        collects: whether it tells of words that nothing takes itself, with all else that is wrong.
    """

    name: str
    help: str
    handler: str
    options: tuple[Option | Callable[[Declared], Iterable[Option]], ...] = ()
    takes: Callable[[Declared], Iterable[str]] = lambda _: ()
    takes_pipeline: bool = True
    collects: bool = False

    def options_for(self, pipeline: Declared) -> Iterable[Option]:
        """All of its options for a pipeline."""
        for item in self.options:
            yield from (item,) if isinstance(item, Option) else item(pipeline)

    def run(self, call: "Call") -> int:
        """Carry it out; the code that this takes is loaded only now. RefusedError for words that nothing takes."""
        if call.unknown and not self.collects:
            raise RefusedError(unknown_flags(call.unknown, call.parser))
        return int(object_at(self.handler)(call))


@functools.cache
def commands_of(pipeline: Declared) -> tuple[Command, ...]:
    """The commands that only this pipeline has; DefinitionError where what it names is no table of them."""
    try:
        table = object_at(pipeline.commands) if pipeline.commands else ()
    except (ImportError, AttributeError) as error:
        raise DefinitionError(f"{pipeline.name}: commands: {error}. Name a table, MODULE:NAME.") from error
    if not isinstance(table, tuple) or not all(isinstance(item, Command) for item in table):
        raise DefinitionError(f"{pipeline.name}: {pipeline.commands} is no tuple of commands.")
    return table

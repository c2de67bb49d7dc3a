"""What is asked of the disk to follow code, and what it answered: equal answers lead to equal code."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ml_assets.core.installed import reference_of
from ml_assets.pipeline.code_modules import exists, installed_in, modules_in, places_of, text_of

Answer = str | bool | list[str]


class Asked:
    """Asks each question once, and keeps the answers."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}

    def __call__(self, question: str, name: str) -> Answer:
        """The answer to a question about a name, as it is when it is asked first."""
        if (question, name) not in self._answers:
            self._answers[question, name] = QUESTIONS[question](name)
        return self._answers[question, name]

    def __iter__(self) -> Iterator[tuple[str, str, Answer]]:
        """Each question, about which name, and the answer."""
        return ((*asked, answer) for asked, answer in self._answers.items())


def is_answered_alike(question: str, name: str, answer: object) -> bool:
    """Whether a question has the same answer now."""
    ask = QUESTIONS.get(question)
    return ask is not None and ask(name) == answer


def _entry(group_and_name: str) -> str:
    group, _, name = group_and_name.partition(" ")
    return reference_of(group, name)


QUESTIONS: Mapping[str, Callable[[str], Answer]] = {
    "text": text_of,
    "exists": exists,
    "place": places_of,
    "installed": lambda folder: installed_in(Path(folder)),
    "modules": modules_in,
    "entry": _entry,
}

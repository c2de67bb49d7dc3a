"""A release line: what one promoted artifact serves for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.artifact import ArtifactKey, encode
from ml_assets.core.command import about_words
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import subjects
from ml_assets.errors import RefusedError


@dataclass(frozen=True, kw_only=True)
class ReleaseLine:
    """A pipeline, and the values that say what its runs are about, such as the shop: of each line one artifact serves.

    Attributes:
        pipeline: what makes what is promoted.
        values: names and texts of these values, in the order of the path; none where all runs are about the same.
    """

    pipeline: Declared
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, pipeline: Declared, values: Mapping[str, Any]) -> "ReleaseLine":
        """The line of runs with these parameters, which were checked before; the others are at their default.

        Raises:
            RefusedError: the pipeline promotes nothing.
        """
        whole = pipeline.parameters.model_construct(**values)
        known = pipeline.identity(whole, promoted_asset(pipeline))
        names = [name for name in subjects(pipeline) if name in known]
        return cls(pipeline=pipeline, values=tuple((name, value_text(known[name])) for name in names))

    @classmethod
    def of_key(cls, pipeline: Declared, key: ArtifactKey) -> "ReleaseLine":
        """The line of what is kept there."""
        about = subjects(pipeline)
        return cls(pipeline=pipeline, values=tuple(pair for pair in key.values if pair[0] in about))

    @property
    def asset(self) -> str:
        """What is promoted; RefusedError where nothing is."""
        return promoted_asset(self.pipeline)

    @property
    def name(self) -> str:
        """For people: `orders`, `demand south`, or the name of the pipeline where all its runs are about the same."""
        words = [self.pipeline.folder, *(value for _, value in self.values)]
        return " ".join(filter(None, words)) or self.pipeline.name

    @property
    def folder(self) -> str:
        """Where its log is: `dataset=orders`, `demand/shop=south`, or `demand`."""
        told = [f"{name}={encode(value)}" for name, value in self.values]
        parts = [self.pipeline.folder, *told]
        return "/".join(filter(None, parts)) or self.pipeline.name

    @property
    def words(self) -> list[str]:
        """What names it in a command: nothing of what is at its default."""
        return about_words(self.pipeline, dict(self.values))

    def others(self, values: Mapping[str, str]) -> dict[str, str]:
        """Those of the values in a path that do not name the line."""
        named = dict(self.values)
        return {name: value for name, value in values.items() if name not in named}


def promoted_asset(pipeline: Declared) -> str:
    """The asset that the pipeline promotes; RefusedError where it promotes none."""
    if pipeline.promotes is None:
        raise RefusedError(
            [
                f'promote: {pipeline.name} promotes nothing. Name the asset where it is declared: Pipeline(..., promotes="...").'
            ]
        )
    return pipeline.promotes

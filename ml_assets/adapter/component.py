"""The door for those who write YAML: a pipeline with its views and presets as a Component of Dagster.

type: ml_assets.ParameterizedPipeline
attributes:
pipeline: shop.demand:demand
views: {north: {shop: north}}
presets: {weekly: {method: ets, season: 7}}
daily: [weekly]
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from ml_assets.adapter.definitions import definitions_of
from ml_assets.adapter.launching.schedules import CATCH_UP, DAILY, preset_schedule
from ml_assets.adapter.parameters import refuse
from ml_assets.adapter.view import View
from ml_assets.core.nearest import nearest
from ml_assets.core.references import find_pipeline
from ml_assets.errors import DefinitionError, RefusedError

TEMPLATES = Path(__file__).parent / "templates"


class PipelineScaffolder(dg.Scaffolder):
    """Writes a pipeline that runs as it is, with a test, and the YAML that shows it to Dagster."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        """Write `defs.yaml`, `pipeline.py` and a test into the folder."""
        folder, name = request.target_path, request.target_path.name
        if not name.isidentifier() or name != name.lower():
            raise DefinitionError(f"{name}: no name of a pipeline. Write small letters, digits and _.")
        folder.mkdir(parents=True, exist_ok=True)
        module = ".".join(_module_of(folder, request.project_root or folder.parent))
        for file in ("pipeline", "test_pipeline"):
            text = (TEMPLATES / f"{file}.txt").read_text(encoding="utf-8")
            target = folder / (f"{file}.py" if file == "pipeline" else f"test_{name}.py")
            target.write_text(text.replace("$module", module).replace("$name", name), encoding="utf-8")
        dg.scaffold_component(request, {"pipeline": f"{module}.pipeline:{name}"})


@dg.scaffold_with(PipelineScaffolder)
class ParameterizedPipeline(dg.Component, dg.Model, dg.Resolvable):
    """A pipeline of typed functions, shown to Dagster with its views, and with presets that can run each day."""

    pipeline: str = Field(description="Where it is: `shop.demand:demand`")
    views: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Further views by the prefix of their keys, each with the parameters that are pinned there",
    )
    presets: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Named parameters; a value that is refused is refused here"
    )
    daily: list[str] = Field(
        default_factory=list, description="The presets that a schedule runs for the last complete day"
    )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:  # noqa: ARG002  # Dagster's signature
        """Its definitions.

        Raises:
            DefinitionError: there is no such pipeline, or a preset, a pinned parameter or a name is refused.
        """
        try:
            pipeline = find_pipeline(self.pipeline)
        except RefusedError as error:
            raise DefinitionError(f"{self.pipeline}: {error}") from None
        view = View(pipeline=pipeline)
        self._refuse_presets(view)
        shown = [definitions_of(pipeline)]
        shown += [definitions_of(pipeline, prefix=name, pinned=pins) for name, pins in self.views.items()]
        schedules = [
            preset_schedule(
                view, name, self.presets[name], name=view.beside(name, main=f"{view.name}_{name}")
            )
            for name in self.daily
        ]
        return dg.Definitions.merge(*shown, dg.Definitions(schedules=schedules))

    def _refuse_presets(self, view: View) -> None:
        problems = list(_problems(self.presets, view))
        for name in self.daily:
            if name not in self.presets:
                near = nearest(name, self.presets)
                hint = f"Did you mean {near}?" if near else f"Known: {', '.join(self.presets) or 'none'}."
                problems.append(f"daily: {name}: there is no such preset. {hint}")
            elif name in (DAILY, CATCH_UP):
                problems.append(f"daily: {name}: a schedule has this name already. Rename the preset.")
        if problems:
            raise DefinitionError("\n".join(f"{self.pipeline}: {problem}" for problem in problems))


def _problems(presets: Mapping[str, Mapping[str, Any]], view: View) -> Iterator[str]:
    for name, values in presets.items():
        yield from (f"presets: {name}: {problem}" for problem in _refused(values, view))


def _refused(values: Mapping[str, Any], view: View) -> list[str]:
    try:
        refuse(values, view=view)
    except RefusedError as error:
        return list(error.problems)
    return []


def _module_of(folder: Path, root: Path) -> tuple[str, ...]:
    parts = folder.resolve().relative_to(root.resolve()).parts
    return parts[1:] if parts[0] == "src" else parts

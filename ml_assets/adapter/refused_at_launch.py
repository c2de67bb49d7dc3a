"""An asset or an op whose own config is checked when a run is launched, and not only once it runs."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
from pydantic.fields import FieldInfo

from ml_assets.adapter.refusal import at_launch
from ml_assets.adapter.schema import plain_names, shown
from ml_assets.errors import RefusedError

Refuse = Callable[[Mapping[str, Any]], object]


def refused_at_launch(
    *,
    fields: Mapping[str, FieldInfo],
    refuse: Refuse,
    backfill_policy: dg.BackfillPolicy | None = None,
) -> Callable[[dg.AssetsDefinition], dg.AssetsDefinition]:
    """Decorate an asset: `refuse` sees the values of its own config before a run exists, and raises RefusedError.

    The backfill policy is set here too: as an argument of `@asset`, Dagster warns of it.
    """

    def decorate(asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
        checked = configured_at_launch(
            asset.node_def, fields=fields, refuse=refuse, otherwise=", or select the other assets only"
        )
        attributes = {**asset.get_attributes_dict(), "node_def": checked, "backfill_policy": backfill_policy}
        return dg.AssetsDefinition.dagster_internal_init(**attributes)

    return decorate


def configured_at_launch(
    node: Any, *, fields: Mapping[str, FieldInfo], refuse: Refuse, otherwise: str = ""
) -> Any:
    """The same op, whose own config `refuse` sees before a run exists; `otherwise` is what else to do than to give some.

    Dagster fact: it checks only types and enums then, in words that repeat the value; ranges it checks in the run.
    """
    name = node.name
    defaults = {field: declared.default for field, declared in fields.items()}
    unstated = f"{name}: has no values of its own. Give them under ops.{name}.config{otherwise}."

    @dg.configured(node, config_schema=shown(fields), name=name)
    def checked(values: Mapping[str, Any]) -> Mapping[str, Any]:
        given = plain_names(values)
        with at_launch():
            try:
                refuse(given)
            except RefusedError as error:
                untouched = {**defaults, **given} == defaults
                raise RefusedError([*([unstated] if untouched else []), *error.problems]) from None
        return given

    return checked

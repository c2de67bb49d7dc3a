"""Which rows belong together: those of one entity, such as a customer, are not independent of each other."""

from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract


def entity_name(table: pl.DataFrame, contract: DatasetContract) -> str:
    """The id that names the entity: the declared one, else the only one, else that with the fewest distinct values.

    Of ids with equally many values it is the last one in the contract. "" where the contract has no ids.
    """
    if contract.entity:
        return contract.entity
    last, *others = contract.ids[::-1] or ("",)
    if not others:
        return last
    values = table.select(pl.col(contract.ids).n_unique()).row(0, named=True)
    return min(last, *others, key=values.__getitem__)


def entities(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """A whole number for each row, the same for rows of one entity: an integer array of shape (rows,).

    A row whose entity is not known is an entity of its own, and so is every row where there are no ids.
    """
    return entity_codes(table, entity_name(table, contract))


def entity_codes(table: pl.DataFrame, name: str) -> Any:
    """`entities` by the column of that name; "" for none."""
    import numpy as np

    own = np.arange(table.height)
    if not name:
        return own
    known = table[name].is_not_null().to_numpy()
    codes = table[name].rank("dense").fill_null(0).to_numpy().astype("int64")
    return np.where(known, codes, codes.max(initial=0) + 1 + own)

"""Where rows come from: a name, resolved to a reader of days. `register` adds a kind of one's own."""

from ml_assets.sources.registry import RowSource, register

__all__ = ["RowSource", "register"]

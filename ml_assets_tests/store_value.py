"""A value under a key that a test chose, committed as a run commits what it has made."""

from ml_assets.core.product import Product
from ml_assets.pipeline.draft import Draft


def store_value(value, *, key, parameters, format_name, workspace, inputs=()):
    """Commit a value, or a Product, and return its manifest; `parameters` is the identity that the key's run_id hashes."""
    draft = Draft(
        key=key,
        identity=parameters,
        product=value if isinstance(value, Product) else Product(value=value),
        format=format_name,
        workspace=workspace,
        inputs=tuple(inputs),
        started_at=workspace.now(),
    )
    return draft.commit().manifest

"""Launch on a running deployment, and get what a local run would have given: the same JSON.

from ml_assets.client import submit

submit("http://127.0.0.1:3000", parameters={"dataset": "customers"}, as_of="2025-12-01")
"""

from ml_assets.client.runs import span, submit, submit_backfill
from ml_assets.client.sweeps import submit_sweep

__all__ = ["span", "submit", "submit_backfill", "submit_sweep"]

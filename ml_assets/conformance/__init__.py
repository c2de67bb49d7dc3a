"""What of the promises of this project a pipeline keeps: each is tried on the pipeline itself, in a place of its own.

from ml_assets.conformance import conform

print(conform(demand, values={"weeks": 8}))
"""

from ml_assets.conformance.report import Promise, Report
from ml_assets.conformance.suite import conform

__all__ = ["Promise", "Report", "conform"]

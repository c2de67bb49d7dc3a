"""What is typed into every engine; it imports nothing, for it is read in environments of their own."""

AS_OF = "2025-12-01"
OWN, SHARED = "staging", "dev"  # environments: a root for this engine alone, and one for all engines
GOOD = {"model_version": "v2", "lookback_days": 120, "max_iter": 20}
DEMAND = {"method": "both", "shop": "south", "weeks": 9}
SECRET = "hunter2correcthorse"

BAD = {
    "out of range": {"holdout_days": 500},
    "wrong enum": {"model_version": SECRET},
    "wrong type": {"seed": SECRET},
    "unknown field": {"lookback_day": 9},
    "not used by the model version": {"model_version": "v1", "max_depth": 9},
    "a day that is not over": {"as_of": "2999-01-01"},
    "no real day": {"as_of": "2025-02-30"},
}


def split(values):
    """The parameters among values, and the day."""
    return {name: value for name, value in values.items() if name != "as_of"}, values.get("as_of", AS_OF)

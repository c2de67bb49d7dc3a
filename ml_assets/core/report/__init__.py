"""The report over a window of days: what was made, how good it was, what moved, and how to try again."""

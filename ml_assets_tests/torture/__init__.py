"""Faults on purpose, at random instants: what is committed stays, nothing half is seen, and a rerun ends with the same bytes."""

"""The search of a sweep: which trials it has, and on which days each is tried."""

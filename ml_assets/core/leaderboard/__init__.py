"""The leaderboard of a sweep: which trial is best, how sure that is, and which parameter decides."""

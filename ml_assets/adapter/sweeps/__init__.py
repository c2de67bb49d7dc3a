"""Sweeps: their leaderboard, their job, and the sensor that ranks trials which were runs of their own."""

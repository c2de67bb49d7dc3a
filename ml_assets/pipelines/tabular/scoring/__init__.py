"""Scores of a day's rows by a model that was trained before."""

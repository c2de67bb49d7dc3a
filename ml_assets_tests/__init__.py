"""The tests of ml_assets; they mirror it."""

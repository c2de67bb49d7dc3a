"""Where artifacts live: commits that are whole or absent, and files that are checked on every read."""

"""The shell: the one place where errors become exit codes."""

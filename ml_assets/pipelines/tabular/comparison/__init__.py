"""Two models compared on rows that neither of them knows."""

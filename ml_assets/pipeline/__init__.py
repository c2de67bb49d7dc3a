"""The making of one day's artifacts as plain calls: any engine can make them, and gets the same bytes."""

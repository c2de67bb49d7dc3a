"""Where rows come from: a name, resolved to a reader of days."""

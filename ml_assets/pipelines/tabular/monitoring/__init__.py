"""Is a model still right? Its scores against outcomes once they are known, and drift before that."""

"""May a model take its place in production? What is asked for, what is decided, and on which grounds."""

"""Small pipelines of kinds that this project was not made for, each as a stranger would write it."""

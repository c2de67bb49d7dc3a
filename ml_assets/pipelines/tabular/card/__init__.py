"""The parts of a model card that differ by what is predicted."""

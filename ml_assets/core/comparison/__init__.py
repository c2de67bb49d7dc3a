"""Is one model worse than another on the same rows, and by how much at most?"""

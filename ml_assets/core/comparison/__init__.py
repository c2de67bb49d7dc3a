"""Is one model worse than another on the same days, and by how much at most?"""

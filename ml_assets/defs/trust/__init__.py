"""Is what is stored still what it claims to be?"""

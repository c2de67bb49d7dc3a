"""Web pages made of documents: each is one file that needs no server and loads nothing else."""

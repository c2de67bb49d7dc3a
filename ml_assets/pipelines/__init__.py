"""What is trained: each pipeline is typed functions over one class of parameters."""

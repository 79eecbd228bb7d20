"""What the server answers at each path: one module a kind of path."""

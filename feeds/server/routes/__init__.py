"""The responses at each path: one module for each kind of path."""

"""The Starlette application: what every request is answered with."""

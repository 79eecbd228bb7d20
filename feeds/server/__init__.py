"""The Starlette application, which decides the response to every request."""

"""The wire below ASGI: the only place that knows uvicorn's insides."""

"""Keeping the catalog in step with a folder: the only writer.

`folder` finds articles, `parse` reads them in a pool of processes, `run` puts
what they say into the catalog, `watch` goes on doing so.
"""

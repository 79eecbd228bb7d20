"""Update the catalog from the seeds folder: the only writer of the catalog.

`scanner` finds article files, `pool` parses them in separate processes, `pipeline` writes the
results to the catalog, `watcher` says which paths may have changed since. `withdrawal_guard`
decides which withdrawals wait for a person; `lint` warns of mistakes that only a comparison of
several articles shows.
"""

"""Keeping the catalog in line with the seeds folder: the only writer.

`scanner` finds article files, `pool` parses them in processes of their own, `pipeline`
writes the results to the catalog, `watcher` says which paths may have changed since.
`withdrawal_guard` decides which withdrawals wait for a person; `lint` warns of articles
that are only doubtful together.
"""

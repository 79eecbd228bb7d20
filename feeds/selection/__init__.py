"""From the address of a feed to its entries.

`resolver` turns a path and a query into a `FeedSpec` with one canonical address, `loader`
reads the entries that belong to it, and `listing` says which feeds there are. All of them
look at a `site_view.SiteView`: one configuration over one state of the catalog.
"""

"""HTTP semantics apart from any web framework: validators, codings, the cache."""

"""What a catalog of a thousand entries costs, and one of a million: see docs/performance.md."""

"""What a catalog of a thousand entries costs, and of a million: docs/explanation/performance.md."""

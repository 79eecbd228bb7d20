"""Count, store and report who reads the feeds, and how often."""

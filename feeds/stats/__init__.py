"""Who reads the feeds, and how often: counted, stored and reported."""

"""Write pages for people: a module for each group of pages, and what they share. Pure."""

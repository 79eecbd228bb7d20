"""Pure helpers that know nothing of feeds: text, dates, addresses, YAML with places."""

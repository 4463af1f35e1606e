"""The explorer: every unit of a scanned network on a page of its own, live or as plain files."""

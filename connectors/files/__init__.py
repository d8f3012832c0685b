"""Survey exports and record exports as files: CSV, TSV, Excel, JSON and JSON Lines."""

"""Any Singer tap as a source of responses."""

"""How the outside world is spoken to. Knows nothing of `sync`."""
